//! What is kept of functions beside their code: figures and the latest lines, by name. It outlives
//! versions, and the components that are ready.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::figures::{Figures, Snapshot};
use super::log::LogRing;
use super::places::PlaceOwners;

/// Functions with figures and lines of their own. Others share figures.
const FUNCTIONS_MAX: usize = 100;

/// The name under which functions beyond that have figures. No function has it.
const OTHERS: &str = "other functions";

/// Figures of a function.
#[derive(Debug, Clone)]
pub struct FunctionFigures {
    /// The account that it belongs to.
    pub account: String,
    /// Its name.
    pub function: String,
    /// The figures.
    pub figures: Snapshot,
}

/// The functions.
#[derive(Debug, Default)]
pub(super) struct FunctionBook(Mutex<BookState>);

#[derive(Debug, Default)]
struct BookState {
    pages: HashMap<Arc<str>, FunctionPage>,
    others: Arc<Figures>,
    uses: u64,
}

#[derive(Debug)]
struct FunctionPage {
    owners: PlaceOwners,
    figures: Arc<Figures>,
    log: Arc<LogRing>,
    used: u64,
}

impl FunctionBook {
    fn lock(&self) -> MutexGuard<'_, BookState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Figures and lines of a function. A function that is not there makes room, where one is none
    /// of whose components is ready: its figures go on in those of the others.
    pub(super) fn open(&self, owners: &PlaceOwners) -> (Arc<Figures>, Arc<LogRing>) {
        let mut book = self.lock();
        book.uses += 1;
        let used = book.uses;
        if let Some(page) = book.pages.get_mut(&owners.function) {
            page.used = used;
            return (Arc::clone(&page.figures), Arc::clone(&page.log));
        }
        if book.pages.len() >= FUNCTIONS_MAX && !book.make_room() {
            return (Arc::clone(&book.others), Arc::default());
        }
        let page =
            FunctionPage { owners: owners.clone(), figures: Arc::default(), log: Arc::default(), used };
        let opened = (Arc::clone(&page.figures), Arc::clone(&page.log));
        book.pages.insert(Arc::clone(&owners.function), page);
        opened
    }

    /// The figures of all functions, by account and name; the others come last, where there are
    /// any.
    pub(super) fn figures(&self) -> Vec<FunctionFigures> {
        let book = self.lock();
        let of = |owners: &PlaceOwners, figures: &Figures| FunctionFigures {
            account: owners.account.to_string(),
            function: owners.name().to_owned(),
            figures: figures.snapshot(),
        };
        let mut all: Vec<_> = book.pages.values().map(|page| of(&page.owners, &page.figures)).collect();
        all.sort_by(|a, b| (&a.account, &a.function).cmp(&(&b.account, &b.function)));
        let others = of(&PlaceOwners::of(OTHERS), &book.others);
        if others.figures.calls > 0 || !others.figures.is_quiet() {
            all.push(others);
        }
        all
    }

    /// The lines of functions with a name, or an ARN: by their ARNs.
    pub(super) fn logs(&self, name: &str) -> Vec<(String, Arc<LogRing>)> {
        let wanted = PlaceOwners::of(name);
        let book = self.lock();
        let pages = book.pages.values();
        let found = pages.filter(|page| page.owners == wanted || page.owners.name() == name);
        found.map(|page| (page.owners.function.to_string(), Arc::clone(&page.log))).collect()
    }
}

impl BookState {
    fn make_room(&mut self) -> bool {
        let idle = self.pages.iter().filter(|(_, page)| Arc::strong_count(&page.figures) == 1);
        let oldest = idle.min_by_key(|(_, page)| page.used).map(|(name, _)| Arc::clone(name));
        let Some(page) = oldest.and_then(|oldest| self.pages.remove(&oldest)) else { return false };
        self.others.absorb(&page.figures.snapshot());
        true
    }
}

#[cfg(test)]
mod tests;
