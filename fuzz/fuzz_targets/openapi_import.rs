//! An OpenAPI document in JSON or YAML: imported as both kinds of APIs, put over itself, and exported again.

#![no_main]

use gateway_core::{
    config::ProtocolType,
    openapi::{self, ExportOptions, ImportOptions, PutMode, Specification},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for protocol_type in [ProtocolType::Rest, ProtocolType::Http] {
        let options = ImportOptions::new().api_id("a1b2c3d4e5").account("123456789012", "eu-west-1");
        let options = options.protocol_type(protocol_type).beyond_aws(text.len() % 2 == 0);
        let Ok(imported) = openapi::import(text, &options) else { continue };
        for mode in [PutMode::Merge, PutMode::Overwrite] {
            let _ = openapi::put(&imported.api, text, mode, &options);
        }
        for specification in [Specification::Swagger, Specification::Oas30] {
            let _ = openapi::export(&imported.api, &ExportOptions::new(specification, "prod").extensions(true));
        }
    }
});
