//! CORS as a browser sees it: pages of other origins call an HTTP API, and tell what came of it.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    response::Html,
    routing::{get, post},
};
use gateway_core::{
    Api, Authorization, Body, Context, Cors, Definition, Error, ErrorKind, Gateway, Parts, Request, Response, Route,
    StageDefinition,
};
use http::{HeaderValue, header};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use crate::host::{Outcome, folder};

/// What a page does; `GATEWAY` is the address of the API.
const PAGE: &str = r#"<!doctype html><script>
const lines = [];
async function call(name, path, init) {
  try {
    const answer = await fetch('GATEWAY' + path, init);
    const seen = ['x-total', 'x-hidden'].map(name => answer.headers.get(name));
    lines.push([name, answer.status, await answer.text(), ...seen].join(' '));
  } catch (error) {
    lines.push(name + ' ' + error.name);
  }
}
(async () => {
  document.cookie = 'k=v';
  await call('simple', '/cookie');
  await call('credentials', '/cookie', {credentials: 'include'});
  await call('preflight', '/cookie', {method: 'PUT', headers: {'x-own': '1'}});
  await call('method', '/cookie', {method: 'DELETE'});
  await call('header', '/cookie', {headers: {'x-other': '1'}});
  await call('unauthorized', '/secret');
  await call('down', '/down');
  await call('nowhere', '/nowhere');
  await fetch('/done', {method: 'POST', body: lines.join('\n')});
})();
</script>"#;

/// Answers with the cookies that it was sent, and thinks that it knows about CORS.
async fn cookies(request: Request) -> Result<Response, Error> {
    let cookie = request.headers().get(header::COOKIE).and_then(|cookie| cookie.to_str().ok()).unwrap_or("none");
    let mut response = Response::new(Body::from(cookie.to_owned()));
    for (name, value) in [("access-control-allow-origin", "https://backend"), ("x-total", "7"), ("x-hidden", "8")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn api(allowed: &str) -> Api {
    let refuse = |_: &Parts, _: &Context| Err::<Authorization, Error>(ErrorKind::Unauthorized.into());
    let down = |_: Request| async { Err::<Response, Error>(ErrorKind::IntegrationFailure.into()) };
    let cors = Cors::origins([allowed]).methods(["GET", "PUT"]).headers(["x-own"]).expose(["x-total"]);
    Api::http("shop")
        .route("ANY /cookie", Route::to(cookies))
        .route("GET /secret", Route::to(cookies).authorizer(refuse))
        .route("GET /down", Route::to(down))
        .stage(StageDefinition::new("$default"))
        .cors(cors.credentials(true))
}

/// A site whose page calls the API, and what the page told.
fn site(listener: TcpListener, gateway: &str) -> mpsc::Receiver<String> {
    let (told, telling) = mpsc::channel(1);
    let page = PAGE.replace("GATEWAY", gateway);
    let done = async |State(told): State<mpsc::Sender<String>>, lines: String| drop(told.send(lines).await);
    let app = Router::new().route("/", get(async move || Html(page))).route("/done", post(done)).with_state(told);
    tokio::spawn(async move { axum::serve(listener, app).await });
    telling
}

struct Browser(Child);

impl Browser {
    fn open(program: &str, address: &str, profile: &std::path::Path) -> Outcome<Self> {
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            "--remote-debugging-port=0",
        ];
        let child = Command::new(program)
            .args(arguments)
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(address)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_lets_the_pages_call_that_may() -> Outcome {
    let is_here = |program: &&str| {
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    let Some(browser) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(is_here) else {
        println!("NOT RUN: there is no Chromium on this machine; .ci/run installs it");
        return Ok(());
    };
    let bind = || TcpListener::bind(("127.0.0.1", 0));
    let (front, friend, stranger) = (bind().await?, bind().await?, bind().await?);
    let address = |listener: &TcpListener| Ok::<_, std::io::Error>(format!("http://{}", listener.local_addr()?));
    let (at, friend_at, stranger_at) = (address(&front)?, address(&friend)?, address(&stranger)?);
    let gateway = Gateway::new(Definition::new().api(api(&friend_at)))?;
    tokio::spawn(async move { axum::serve(front, Router::new().fallback_service(gateway)).await });

    let profile = folder("browser")?;
    for (listener, page, expected) in [
        (
            friend,
            friend_at,
            &[
                "simple 200 none 7 ",
                "credentials 200 k=v 7 ",
                "preflight 200 none 7 ",
                "method TypeError",
                "header TypeError",
                r#"unauthorized 401 {"message":"Unauthorized"}  "#,
                r#"down 503 {"message":"Service Unavailable"}  "#,
                r#"nowhere 404 {"message":"Not Found"}  "#,
            ][..],
        ),
        (
            stranger,
            stranger_at,
            &[
                "simple TypeError",
                "credentials TypeError",
                "preflight TypeError",
                "method TypeError",
                "header TypeError",
                "unauthorized TypeError",
                "down TypeError",
                "nowhere TypeError",
            ],
        ),
    ] {
        let mut told = site(listener, &at);
        let browser = Browser::open(browser, &page, &profile)?;
        let lines = timeout(Duration::from_secs(60), told.recv()).await?.ok_or("the page said nothing")?;
        drop(browser);
        assert_eq!(lines.lines().collect::<Vec<_>>(), expected, "{page}");
    }
    // Processes of the browser may still be leaving.
    let _ = std::fs::remove_dir_all(profile);
    Ok(())
}
