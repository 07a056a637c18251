//! What the database says when a dashboard asks: how things stand now. No person, no number, no draw.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::app::overview::Counts;
use crate::store::{EventCount, OutboxCount, VisitCount};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MessageLabels {
    channel: String,
    state: String,
}

/// An event by its number: what it is called may say who comes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabels {
    event: i64,
    state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BroadcastLabels {
    broadcast: String,
    state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: String,
}

/// A desk by its number: what it is called is nobody's business who reads metrics.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VisitLabels {
    desk: i64,
    state: &'static str,
}

/// Adds what was counted to a registry.
pub(super) fn register(counts: Counts, registry: &mut Registry) {
    let messages = Family::<MessageLabels, Gauge>::default();
    for OutboxCount { channel, state, count } in counts.messages {
        messages.get_or_create(&MessageLabels { channel, state }).set(count.try_into().unwrap_or(i64::MAX));
    }
    registry.register("xchange_outbox", "Messages by channel and state, those passed on left out", messages);
    for (name, help, counted) in [
        ("xchange_seats", "Seats of events to come, by event and state", counts.seats),
        ("xchange_invitations", "Invitations to events to come, by event and state", counts.invitations),
    ] {
        let family = Family::<EventLabels, Gauge>::default();
        for EventCount { event, state, count } in counted {
            family.get_or_create(&EventLabels { event, state }).set(count.try_into().unwrap_or(i64::MAX));
        }
        registry.register(name, help, family);
    }
    let broadcasts = Family::<BroadcastLabels, Gauge>::default();
    for (id, results) in counts.broadcasts {
        for (state, count) in results {
            let labels = BroadcastLabels { broadcast: id.0.to_string(), state };
            broadcasts.get_or_create(&labels).set(count.try_into().unwrap_or(i64::MAX));
        }
    }
    registry.register("xchange_broadcast", "Messages of the newest broadcasts by state", broadcasts);
    let all = Family::<StateLabels, Gauge>::default();
    for (state, count) in counts.all_broadcasts {
        all.get_or_create(&StateLabels { state }).set(count.try_into().unwrap_or(i64::MAX));
    }
    registry.register("xchange_broadcasts", "Broadcasts by state", all);
    let visits = Family::<VisitLabels, Gauge>::default();
    for VisitCount { desk, open, overdue } in counts.visits {
        for (state, count) in [("inside", open.saturating_sub(overdue)), ("overdue", overdue)] {
            visits.get_or_create(&VisitLabels { desk: desk.0, state }).set(count.try_into().unwrap_or(i64::MAX));
        }
    }
    registry.register("xchange_visits_open", "Visitors at a front desk whom nobody has seen out", visits);
    let overdue = counts.overdue_since.map_or(0, |since| counts.now.duration_since(since).as_secs().max(0));
    for (name, help, value) in [
        ("xchange_outbox_oldest_due_seconds", "How long a message has been due that nobody looked at", overdue),
        (
            "xchange_draws_without_copy",
            "Draws whose archive copy is not confirmed",
            counts.draws_without_copy.try_into().unwrap_or(i64::MAX),
        ),
        // Prometheus compares it with its own.
        ("xchange_clock_seconds", "This machine's clock, in seconds since 1970", counts.now.as_second()),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    }
}
