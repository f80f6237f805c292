//! A request from end to end, through gateways that do more and more.

use std::hint::black_box;

use gateway_core::{AccessLog, AccessLogFormat, ApiKind, Gateway};
use metrics_exporter_prometheus::PrometheusBuilder;
use tower::BoxError;

use super::{Run, Subject};
use crate::{admission, pipe::Pipe, token::Signed};

pub(super) const SUBJECTS: &[Subject] = &[
    Subject { name: "bare hyper", begin: || Ok(sent(Pipe::to_bare()?)) },
    Subject { name: "bare hyper, with ids", begin: || Ok(sent(Pipe::to_bare_with_ids()?)) },
    Subject { name: "mock", begin: || through(admission::mock()?) },
    Subject { name: "guarded", begin: || through(admission::guarded()?) },
    Subject { name: "guarded http", begin: || through(admission::guarded_http()?) },
    Subject { name: "domain of 1,000", begin: || through(admission::thousand_domains()?) },
    Subject { name: "keyed", begin: || through(admission::keyed()?) },
    Subject { name: "observed", begin: observed },
    Subject { name: "cached", begin: || through(admission::cached()?) },
    Subject { name: "jwt remembered", begin: jwt },
    Subject { name: "http proxy", begin: || through(admission::http_proxy()?) },
    Subject { name: "rest proxy", begin: || through(admission::rest_proxy()?) },
];

fn sent(mut pipe: Pipe) -> Run {
    Box::new(move |count| pipe.send(count))
}

fn through(gateway: Gateway) -> Result<Run, BoxError> {
    Ok(sent(Pipe::to(gateway)?))
}

/// With a recorder, as a host has one, and lines that go nowhere: the gateway's own share of a log.
fn observed() -> Result<Run, BoxError> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let log = AccessLog::new(AccessLogFormat::json(ApiKind::Rest), |line: &str| {
        black_box(line.len());
    });
    let gateway = metrics::with_local_recorder(&recorder, || admission::observed(log))?;
    let handle = recorder.handle();
    let mut send = through(gateway)?;
    Ok(Box::new(move |count| {
        send(count)?;
        black_box(&handle);
        Ok(())
    }))
}

fn jwt() -> Result<Run, BoxError> {
    let signed = Signed::es256()?;
    Ok(sent(Pipe::to(admission::jwt(signed.authorizer(1_000)?)?)?.authorization(signed.bearer())))
}
