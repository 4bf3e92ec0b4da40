//! Room in the memory of a module in Go for the adapter that gives it WASI.
//!
//! The adapter needs some memory before the runtime of Go can give any. It could ask the system for
//! pages; but Go takes all that is above its data for its own, and would write over them. So the
//! bindings of the template have a variable that is as large, which Go leaves alone, and the module
//! gets a function that gives it to the adapter.

use anyhow::{Context as _, Result, anyhow};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    Module, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, DataKind, ExportSectionReader, FunctionSectionReader, GlobalSectionReader, Operator,
    Parser, Payload, TypeRef, TypeSectionReader,
};

/// What the variable begins with: `abi.go` of the template.
const MARK: &[u8] = b"portcullis: room for the adapter";
/// The name by which the adapter asks.
const EXPORT: &str = "cabi_realloc_adapter";

/// Adds the function to a module.
///
/// # Errors
/// A module that is damaged, or without the variable.
pub(super) fn add(module: &[u8]) -> Result<Vec<u8>> {
    let mut room = AdapterRoom::default();
    for payload in Parser::new(0).parse_all(module) {
        room.look_at(payload?)?;
    }
    if room.address == 0 {
        return Err(anyhow!(
            "abi.go has no room for the adapter; `portcullis transform new --lang go` writes one that has"
        ));
    }
    let mut added = Module::new();
    room.parse_core_module(&mut added, Parser::new(0), module)
        .map_err(|error| anyhow!("{error}"))
        .context("adding room for the adapter")?;
    Ok(added.finish())
}

/// Where the room is, and how many there are of what is added.
#[derive(Default)]
struct AdapterRoom {
    address: u32,
    types: u32,
    functions: u32,
    globals: u32,
}

impl AdapterRoom {
    fn look_at(&mut self, payload: Payload<'_>) -> Result<()> {
        match payload {
            Payload::TypeSection(section) => self.types = section.count(),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Func(_) => self.functions += 1,
                        TypeRef::Global(_) => self.globals += 1,
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(section) => self.functions += section.count(),
            Payload::GlobalSection(section) => self.globals += section.count(),
            Payload::DataSection(section) => {
                for data in section {
                    let data = data?;
                    let DataKind::Active { offset_expr, .. } = data.kind else { continue };
                    let Some(at) = memchr::memmem::find(data.data, MARK) else { continue };
                    if let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? {
                        self.address = value.cast_unsigned() + u32::try_from(at)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

type Added = Result<(), reencode::Error>;

impl Reencode for AdapterRoom {
    type Error = std::convert::Infallible;

    fn parse_type_section(&mut self, types: &mut TypeSection, section: TypeSectionReader<'_>) -> Added {
        reencode::utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Added {
        reencode::utils::parse_function_section(self, functions, section)?;
        functions.function(self.types);
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Added {
        reencode::utils::parse_global_section(self, globals, section)?;
        // Where the next piece begins.
        let kind = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(kind, &ConstExpr::i32_const(self.address.cast_signed()));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Added {
        reencode::utils::parse_export_section(self, exports, section)?;
        exports.export(EXPORT, ExportKind::Func, self.functions);
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Added {
        reencode::utils::parse_code_section(self, code, section)?;
        // The adapter asks twice, for a page and for what is smaller than one. An alignment of 16
        // bytes is enough for both.
        let mut function = Function::new([(1, ValType::I32)]);
        let mut instructions = function.instructions();
        instructions.global_get(self.globals).i32_const(15).i32_add();
        instructions.i32_const(-16).i32_and().local_tee(4);
        instructions.local_get(3).i32_add().global_set(self.globals).local_get(4).end();
        code.function(&function);
        Ok(())
    }
}
