//! Documentation parts of a document that is imported as a whole.

use super::Import;
use crate::openapi::{document::Place, documentation};

impl Import<'_> {
    pub(super) fn documentation(&mut self) {
        let Some(written) = self.document.get(documentation::EXTENSION) else { return };
        let place = Place::ROOT.field(documentation::EXTENSION);
        if self.options.ignore_documentation {
            return self.report.ignore(place, "documentation was to be ignored");
        }
        match documentation::read(written) {
            Ok(read) => {
                self.api.documentation = Some(read);
                self.report.exact(place);
            }
            Err(errors) => self.errors.extend(errors),
        }
    }
}
