//! What the listener counts: what became of texts and how long they took. No person, no number, no draw.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// What became of an incoming text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum TextResult {
    /// Words went back.
    Answered,
    /// Nothing went back.
    Silent,
    /// Twilio had not signed it.
    Refused,
    /// A field was missing.
    Malformed,
    /// It could not be recorded, or took too long.
    Unanswered,
}

impl EncodeLabelValue for TextResult {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        encoder.write_str(match self {
            Self::Answered => "answered",
            Self::Silent => "silent",
            Self::Refused => "refused",
            Self::Malformed => "malformed",
            Self::Unanswered => "unanswered",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TextLabels {
    outcome: TextResult,
}

/// Counters and their registry; cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    texts: Family<TextLabels, Counter>,
    seconds: Histogram,
}

impl Metrics {
    /// Adds the listener's metrics to a registry, which may hold others already.
    pub fn new(mut registry: Registry) -> Self {
        let texts = Family::default();
        // 50 µs to 13 s: from an answer out of memory to Twilio's own timeout (15 s).
        let buckets = (0..10).map(|step| 50e-6 * 4_f64.powi(step));
        let seconds = Histogram::new(buckets);
        registry.register("xchange_texts", "Incoming texts by what became of them", texts.clone());
        registry.register("xchange_answer_seconds", "Time from a webhook's headers to its answer", seconds.clone());
        Self { registry: Arc::new(registry), texts, seconds }
    }

    /// Counts an incoming text.
    pub(super) fn count(&self, outcome: TextResult) {
        self.texts.get_or_create(&TextLabels { outcome }).inc();
    }

    /// Notes how long a webhook took.
    pub(super) fn took(&self, time: Duration) {
        self.seconds.observe(time.as_secs_f64());
    }

    /// Everything, with what else was registered for this once, as text in the `OpenMetrics` format, which Prometheus reads.
    pub(super) fn text(&self, more: &Registry) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        encode_registry(&mut text, more)?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(Registry::default())
    }
}
