//! How far one rendering may go.

/// The bounds of one rendering. Going beyond one of them is a [`RenderError`](super::RenderError), but that a loop ends
/// after its last round.
///
/// # Example
/// ```
/// use gateway_integrations::velocity::{Limits, Scene, Template};
///
/// let template = Template::parse("#foreach($i in [1..5000])x#end")?;
/// assert_eq!(template.render(&Scene::new())?.text().len(), 1000);
/// let limits = Limits::default().iterations(5000);
/// assert_eq!(template.render(&Scene::new().limits(limits))?.text().len(), 5000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Limits {
    pub(super) iterations: usize,
    pub(super) output: usize,
    pub(super) work: u64,
    pub(super) depth: usize,
}

impl Limits {
    /// How often one `#foreach` may go round; 1000, as in API Gateway.
    #[must_use]
    pub fn iterations(mut self, iterations: usize) -> Self {
        self.iterations = iterations;
        self
    }

    /// How long the result, and any text in it, may be, in bytes; 10 MB, the largest payload of API Gateway.
    #[must_use]
    pub fn output(mut self, bytes: usize) -> Self {
        self.output = bytes;
        self
    }

    /// How many steps there may be; ten million. A directive, a reference or an operator is a step, and so are 64 bytes
    /// of a text or an element of a list that is made or looked through.
    #[must_use]
    pub fn work(mut self, steps: u64) -> Self {
        self.work = steps;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { iterations: 1000, output: 10 << 20, work: 10_000_000, depth: 100 }
    }
}
