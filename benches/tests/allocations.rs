//! How often one request may ask for memory. The counts are exact, so a change that adds an allocation is seen here.

use allocation_counter::measure;
use gateway_benches::{admission, document::petstore, pipe::Pipe, signed::SignedCall};
use gateway_core::openapi::{self, ImportOptions};
use tokio::runtime::Builder;
use tower::{BoxError, Service};

/// What one request costs in the gateway, from the call to the end of the answer's body: the future, the context, the
/// integration's future, the completion, two for the map of the answer's headers, and one for both request ids. Three
/// more are a request's that was made by hand: the first copies of its path, its host and its agent.
const IN_MEMORY: u64 = 7 + 3;

const REQUESTS: usize = 100;

#[test]
fn a_request_through_the_whole_gateway_allocates_no_more_than_this() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let mut gateway = admission::keyed().unwrap();
    let mut requests =
        (0..2 * REQUESTS).map(|_| admission::request(admission::CALLER).unwrap()).collect::<Vec<_>>().into_iter();
    let mut send = |count| {
        runtime.block_on(async {
            for request in requests.by_ref().take(count) {
                let answer = gateway.call(request).await.unwrap();
                assert_eq!(answer.into_body().collect().await.unwrap(), admission::ANSWER);
            }
        });
    };
    send(REQUESTS);
    let counted = measure(|| send(REQUESTS));
    assert!(counted.count_total <= IN_MEMORY * REQUESTS as u64, "{} for {REQUESTS} requests", counted.count_total);
}

/// What buffers that grow now and then may add to [`REQUESTS`] requests.
const MARGIN: u64 = REQUESTS as u64 / 10;

/// What [`REQUESTS`] requests over a connection allocate, on both ends of it.
fn end_to_end(gateway: Result<Pipe, BoxError>) -> Result<u64, BoxError> {
    let mut pipe = gateway?;
    pipe.send(REQUESTS)?;
    let mut sent = Ok(());
    let counted = measure(|| sent = pipe.send(REQUESTS));
    sent.map(|()| counted.count_total)
}

#[test]
fn end_to_end_the_gateway_allocates_at_most_1_4_times_what_hyper_does() {
    let bare = end_to_end(Pipe::to_bare()).unwrap();
    let gateway = end_to_end(admission::keyed().and_then(Pipe::to)).unwrap();
    assert!(5 * gateway <= 7 * bare, "{gateway} for {REQUESTS} requests, where bare hyper makes {bare}");
}

#[test]
fn a_request_to_an_http_api_allocates_no_more_than_the_same_to_a_rest_api() {
    let http = end_to_end(admission::guarded_http().and_then(Pipe::to)).unwrap();
    let rest = end_to_end(admission::guarded().and_then(Pipe::to)).unwrap();
    assert!(http <= rest + MARGIN, "{http} for {REQUESTS} requests, and {rest} to a REST API");
}

#[test]
fn a_domain_is_found_without_memory_among_a_thousand() {
    let one = end_to_end(admission::guarded().and_then(Pipe::to)).unwrap();
    let thousand = end_to_end(admission::thousand_domains().and_then(Pipe::to)).unwrap();
    assert!(thousand <= one + MARGIN, "{thousand} for {REQUESTS} requests, and {one} with one domain");
}

#[test]
fn a_document_of_5_mb_is_imported_in_less_than_200_mb() {
    let json = petstore(5 * 1024 * 1024);
    // With a comment it is YAML.
    let yaml = format!("# pets\n{json}");
    for text in [json, yaml] {
        let most = measure(|| {
            openapi::import(&text, &ImportOptions::new()).unwrap();
        });
        assert!(most.bytes_max < 200 * 1024 * 1024, "{} bytes", most.bytes_max);
    }
}

#[test]
fn a_policy_is_asked_without_memory_and_a_signature_with_little() {
    let signed = SignedCall::new().unwrap();
    assert!(signed.evaluate() && signed.verify() && signed.authorize());
    let evaluated = measure(|| assert!((0..REQUESTS).all(|_| signed.evaluate())));
    assert_eq!(evaluated.count_total, 0);
    // The list of the query's parameters, and a value that is decoded and encoded anew.
    let verified = measure(|| assert!((0..REQUESTS).all(|_| signed.verify())));
    assert!(verified.count_total <= 5 * REQUESTS as u64, "{} for {REQUESTS} requests", verified.count_total);
    // The resource that is called.
    let authorized = measure(|| assert!((0..REQUESTS).all(|_| signed.authorize())));
    assert!(authorized.count_total <= 6 * REQUESTS as u64, "{} for {REQUESTS} requests", authorized.count_total);
}
