//! What one Rust file says that matters to the graph of its crate: modules, imports, paths, items.
//!
//! The file is parsed, not searched: an import in braces, a path over two lines and the tokens of a
//! macro all count, while comments and texts do not.

use std::collections::BTreeSet;

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{ImplItem, Item, UseTree, Visibility};

use super::side_lists;

/// Names of modules from the crate's root downwards; the root itself is empty.
pub(super) type Module = Vec<String>;

/// One name that a `use` brings into a module.
#[derive(Debug)]
pub(super) struct Import {
    /// The module that imports.
    pub(super) module: Module,
    /// The name from now on; `*` for everything.
    pub(super) name: String,
    /// What was written behind `use`.
    pub(super) segments: Vec<String>,
    /// Whether the name is passed on to others (`pub use`).
    pub(super) is_passed_on: bool,
}

/// One file, its unit tests left out.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Modules that are declared here and have a file of their own.
    pub(super) children: Vec<Module>,
    /// Modules whose text stands in this file, its own among them.
    pub(super) modules: Vec<Module>,
    /// What `use` says, anywhere in the file.
    pub(super) imports: Vec<Import>,
    /// Paths in code, also in the tokens of macros and attributes, with the module they stand in.
    pub(super) paths: BTreeSet<(Module, Vec<String>)>,
    /// Names of the structs, enums, traits and type aliases.
    pub(super) types: Vec<String>,
    /// Names of items and methods that are `pub` or `pub(…)`.
    pub(super) publics: Vec<String>,
    /// Names of the functions and methods.
    pub(super) functions: Vec<String>,
    /// Every identifier.
    pub(super) words: BTreeSet<String>,
    /// Operations that are listed by hand.
    pub(super) side_lists: Vec<String>,
}

impl Source {
    /// Reads `text`, the file of `module`; an error is what the parser says of a text that is no
    /// Rust.
    pub(super) fn parse(module: &[String], text: &str) -> Result<Source, String> {
        let tokens: TokenStream = text.parse().map_err(|why| format!("{why}"))?;
        let tokens = without_tests(tokens);
        let side_lists = side_lists::of(tokens.clone());
        let file: syn::File = syn::parse2(tokens).map_err(|why| why.to_string())?;
        let found = Source { modules: vec![module.to_vec()], side_lists, ..Source::default() };
        let mut reader = Reader { module: module.to_vec(), found };
        reader.visit_file(&file);
        Ok(reader.found)
    }
}

/// The tokens without the items and statements that stand below `#[cfg(test)]`.
fn without_tests(tokens: TokenStream) -> TokenStream {
    let is_cfg_test = |token: &TokenTree| token.to_string().replace(' ', "") == "[cfg(test)]";
    let mut kept = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' && rest.peek().is_some_and(is_cfg_test) => {
                // Attributes and comments above it, which are attributes too, belong to the item.
                while kept.iter().rev().nth(1).is_some_and(|token: &TokenTree| token.to_string() == "#") {
                    kept.truncate(kept.len() - 2);
                }
                // An item ends with its body or with a semicolon. An import in braces has both.
                let mut texts = rest.by_ref().map(|token| token.to_string());
                texts.find(|text| text == ";" || text.starts_with('{'));
                rest.next_if(|token| token.to_string() == ";");
            }
            TokenTree::Group(group) => {
                kept.push(Group::new(group.delimiter(), without_tests(group.stream())).into());
            }
            token => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

fn is_open(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Inherited)
}

struct Reader {
    /// The module that is read, which changes inside `mod name { … }`.
    module: Module,
    found: Source,
}

impl Reader {
    fn offer(&mut self, name: &Ident, visibility: &Visibility) {
        if is_open(visibility) {
            self.found.publics.push(name.to_string());
        }
    }

    fn import(&mut self, tree: &UseTree, before: &[String], is_passed_on: bool) {
        let with = |name: &Ident| [before, &[name.to_string()]].concat();
        let (name, mut segments) = match tree {
            UseTree::Path(path) => return self.import(&path.tree, &with(&path.ident), is_passed_on),
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, before, is_passed_on));
            }
            // `use a::b::{self}` brings in `b`.
            UseTree::Name(name) if name.ident == "self" => {
                (before.last().cloned().unwrap_or_default(), before.to_vec())
            }
            UseTree::Name(name) => (name.ident.to_string(), with(&name.ident)),
            UseTree::Rename(rename) => (rename.rename.to_string(), with(&rename.ident)),
            UseTree::Glob(_) => ("*".to_string(), before.to_vec()),
        };
        segments.pop_if(|last| last == "self");
        self.found.imports.push(Import { module: self.module.clone(), name, segments, is_passed_on });
    }

    fn path(&mut self, segments: Vec<String>) {
        // Two marks in a row have no name between them.
        if !segments.is_empty() {
            self.found.paths.insert((self.module.clone(), segments));
        }
    }

    /// Inside macros and attributes nothing is parsed; names with `::` between them are paths there
    /// too.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons) = (Vec::new(), 0);
        for token in tokens {
            let is_colon = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == ':');
            let goes_on = is_colon || (colons == 2 && matches!(token, TokenTree::Ident(_)));
            if !goes_on {
                self.path(std::mem::take(&mut path));
            }
            colons = if is_colon { colons + 1 } else { 0 };
            match token {
                TokenTree::Ident(name) => {
                    self.visit_ident(&name);
                    path.push(name.to_string());
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {}
            }
        }
        self.path(path);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Struct(syn::ItemStruct { ident, vis, .. })
            | Item::Enum(syn::ItemEnum { ident, vis, .. })
            | Item::Trait(syn::ItemTrait { ident, vis, .. })
            | Item::Type(syn::ItemType { ident, vis, .. }) => {
                self.found.types.push(ident.to_string());
                self.offer(ident, vis);
            }
            Item::Fn(item) => self.offer(&item.sig.ident, &item.vis),
            Item::Const(item) => self.offer(&item.ident, &item.vis),
            Item::Static(item) => self.offer(&item.ident, &item.vis),
            Item::Use(item) if item.leading_colon.is_none() => {
                self.import(&item.tree, &[], is_open(&item.vis))
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        match item {
            ImplItem::Fn(item) => self.offer(&item.sig.ident, &item.vis),
            ImplItem::Const(item) => self.offer(&item.ident, &item.vis),
            _ => {}
        }
        visit::visit_impl_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        let is_here = item.content.is_some();
        let list = if is_here { &mut self.found.modules } else { &mut self.found.children };
        list.push(self.module.clone());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.found.functions.push(signature.ident.to_string());
        visit::visit_signature(self, signature);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.path(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    /// `pub(in crate::a)` says who may name an item, and names nobody.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_ident(&mut self, name: &Ident) {
        self.found.words.insert(name.to_string());
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.tokens(tokens.clone());
    }
}
