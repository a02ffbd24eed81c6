//! The recorder that every part's counters end in, rendered by the control interface.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Seconds of the buckets: from a relayed round trip to a copy of production.
const BUCKETS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0,
];

/// Installs the recorder, once in a process.
pub(super) fn install() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    let handle = HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS);
        let builder = builder.expect("the buckets are not empty");
        builder
            .install_recorder()
            .expect("nothing else in this process records metrics")
    });
    handle.clone()
}
