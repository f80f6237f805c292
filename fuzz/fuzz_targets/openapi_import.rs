//! An OpenAPI document in JSON or YAML: imported, put over itself, and exported again.

#![no_main]

use gateway_core::openapi::{self, ExportOptions, ImportOptions, PutMode, Specification};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let options = ImportOptions::new().api_id("a1b2c3d4e5").account("123456789012", "eu-west-1");
    let Ok(imported) = openapi::import(text, &options) else { return };
    for mode in [PutMode::Merge, PutMode::Overwrite] {
        let _ = openapi::put(&imported.api, text, mode, &options);
    }
    for specification in [Specification::Swagger, Specification::Oas30] {
        let _ = openapi::export(&imported.api, &ExportOptions::new(specification, "prod").extensions(true));
    }
});
