//! A mapping template.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    ast::Program,
    error::{RenderError, TemplateError},
    eval::{Evaluator, Outcome},
    lint::{self, Finding},
    overrides::Overrides,
    parser,
    scene::Scene,
};

/// A mapping template, compiled once and rendered for each request.
///
/// AWS developer guide: *Mapping template transformations for REST APIs in API Gateway*.
///
/// # Example
/// ```
/// use gateway_integrations::velocity::{Scene, Template};
///
/// let text = "[#foreach($p in $input.path('$.pets'))'$p.name'#if($foreach.hasNext), #end#end]";
/// let template = Template::parse(text)?;
/// let rendered = template.render(&Scene::new().body(r#"{"pets":[{"name":"Rex"},{"name":"Tom"}]}"#))?;
/// assert_eq!(rendered.text(), "['Rex', 'Tom']");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Template {
    source: Arc<str>,
    compiled: Arc<Compiled>,
}

struct Compiled {
    program: Program,
    /// How long the last result was: the next one will be alike.
    length: AtomicUsize,
}

/// No more than this is set aside before it is needed, in bytes.
const SET_ASIDE: usize = 64 << 10;

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// When a directive or a reference is not well formed; the error says where, and what to write.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let program = parser::parse(text).map_err(|fault| TemplateError::new(text, fault))?;
        let length = AtomicUsize::new(text.len());
        Ok(Self { source: text.into(), compiled: Arc::new(Compiled { program, length }) })
    }

    /// Renders the template.
    ///
    /// # Errors
    /// When a method fails as it would in Java (an index out of bounds, text that is no JSON), or a bound of
    /// [`Limits`](super::Limits) is passed. API Gateway answers 500 then.
    pub fn render(&self, scene: &Scene<'_>) -> Result<Rendered, RenderError> {
        let Compiled { program, length } = &*self.compiled;
        let likely = length.load(Ordering::Relaxed).min(SET_ASIDE);
        let Outcome { text, overrides, stopped_loops } =
            Evaluator::run(scene, program, likely).map_err(|fault| RenderError::new(&self.source, fault))?;
        length.store(text.len(), Ordering::Relaxed);
        Ok(Rendered { text, overrides, stopped_loops })
    }

    /// What looks wrong: names that nothing sets, branches that are never taken, a result that is no JSON.
    #[must_use]
    pub fn lint(&self) -> Vec<Finding> {
        lint::findings(&self.source, &self.compiled.program.nodes)
    }

    /// The text of the template.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        Self::parse(text)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Template").field(&self.source).finish()
    }
}

/// What a template gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    text: String,
    overrides: Overrides,
    stopped_loops: usize,
}

impl Rendered {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the template put into `$context.requestOverride` and `$context.responseOverride`.
    #[must_use]
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// How many loops had more items than [`Limits::iterations`](super::Limits::iterations) and ended there.
    #[must_use]
    pub fn stopped_loops(&self) -> usize {
        self.stopped_loops
    }

    /// The text and the overrides.
    #[must_use]
    pub fn into_parts(self) -> (String, Overrides) {
        (self.text, self.overrides)
    }
}
