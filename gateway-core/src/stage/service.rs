use std::{fmt, sync::Arc};

use http::{Method, Version, header};
use tracing::Span;

use super::{Deployment, Stage, completion::Completion};
use crate::{
    body::Body,
    context::Context,
    responses,
    service::{Parts, Response, ResponseFuture, tower_service},
};

/// Serves one request by one deployment: everything after the stage is known, and before the body is sent.
pub(crate) fn serve(
    deployment: Arc<Deployment>,
    mut parts: Parts,
    body: Body,
    context: Arc<Context>,
    span: Span,
) -> impl Future<Output = Response> + Send {
    context.set_stage(Arc::clone(&deployment.facts));
    let mut body = body.with_limit(deployment.limits.payload);
    let completion = Completion::new(Arc::clone(&context), Arc::clone(&deployment), span);
    let bodiless = (parts.version >= Version::HTTP_2).then_some(parts.method == Method::HEAD);
    // A block, as the arguments of an `async fn` take their place twice.
    async move {
        let origin = deployment.cors.as_ref().and_then(|_| parts.headers.get(header::ORIGIN).cloned());
        let answer = match deployment.route(&parts, &context) {
            Ok(route) => route.take(&mut parts, &mut body, &context).await,
            Err(error) => Err(error),
        };
        let mut response = match answer {
            Ok(mut response) => {
                responses::stamp(response.headers_mut(), deployment.facts.kind, &context);
                response
            }
            Err(error) => deployment.responses.render(error, &context),
        };
        if let Some(cors) = &deployment.cors {
            cors.decorate(origin.as_ref(), response.headers_mut());
        }
        if let Some(is_head) = bodiless {
            response = responses::without_body(is_head, response);
        }
        completion.watch(response)
    }
}

/// A [`Stage`] as a tower service of its own.
#[derive(Clone)]
pub struct StageService {
    stage: Arc<dyn Stage>,
}

impl StageService {
    /// A service of a stage that is shared.
    #[must_use]
    pub fn new(stage: Arc<dyn Stage>) -> Self {
        Self { stage }
    }
}

impl fmt::Debug for StageService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StageService").field("stage", &self.stage.name()).finish_non_exhaustive()
    }
}

impl StageService {
    fn serve(&self, mut parts: Parts, body: Body) -> ResponseFuture {
        // The facts of a gateway in front are of its stage and its caller; here they begin anew.
        if parts.extensions.get::<Arc<Context>>().is_some_and(|context| context.stage().is_some()) {
            parts.extensions.remove::<Arc<Context>>();
        }
        let deployment = Arc::clone(self.stage.deployment(&parts));
        let context = Context::of(&mut parts, None);
        ResponseFuture::new(async move { serve(deployment, parts, body, context, Span::current()).await })
    }
}

tower_service!(StageService);
