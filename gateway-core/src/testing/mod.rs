//! The test kit: a gateway in memory, on a clock that you move, with backends that keep what they were asked.
//!
//! # Example: test your own gateway
//! ```
//! use std::time::Duration;
//! use gateway_core::{
//!     Api, ApiKey, Definition, Plan, Quota, Route, StageDefinition,
//!     testing::{RecordingIntegration, TestGateway},
//! };
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let backend = RecordingIntegration::answering("hello");
//! let api = Api::rest("greeter")
//!     .route("GET /hello/{name}", Route::to(backend.clone()).api_key_required())
//!     .stage(StageDefinition::new("prod"));
//! let plan = Plan::new("free")
//!     .quota(Quota::per_day(1))
//!     .stage("greeter", "prod")
//!     .key(ApiKey::new("alice", "alice-0123456789-0123").unwrap());
//! let gateway = TestGateway::new(Definition::new().api(api).plan(plan))?;
//! let hello = || http::Request::get("/prod/hello/you").header("x-api-key", "alice-0123456789-0123");
//!
//! assert_eq!(gateway.send(hello()).await.text(), "hello");
//! assert_eq!(backend.calls()[0].uri, "/hello/you");
//! let refused = gateway.send(hello()).await;
//! assert_eq!((refused.status.as_u16(), refused.text()), (429, r#"{"message":"Limit Exceeded"}"#));
//! gateway.clock().advance(Duration::from_secs(24 * 60 * 60));
//! assert_eq!(gateway.send(hello()).await.status, 200);
//! # Ok::<(), gateway_core::Problems>(())
//! # }).unwrap();
//! ```

mod gateway;
mod recording;

pub use self::{
    gateway::{TestGateway, TestResponse},
    recording::{CapturedLines, RecordedCall, RecordingIntegration},
};
pub use crate::store::usage_store_suite;
