//! Owns traces: where the spans of requests and attempts go when the configuration names a collector
//! (OTLP over HTTP). Refuses to wait for the collector: what has no room in the queue is dropped,
//! and one that does not answer costs nothing but the spans. A span names no tenant, no address and
//! no body.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider,
};
use sluis_actors::telemetry::TRACE;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

/// Where a collector takes spans, below its address.
const PATH: &str = "/v1/traces";
/// Most spans that wait to be sent. About a KB each.
const MOST_WAITING: usize = 8_192;
/// How long spans wait for others at most.
const TOGETHER: Duration = Duration::from_secs(2);
/// Longest wait for the collector's answer, and for the last spans at the end.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer that is read.
const MOST_ANSWER_BYTES: usize = 64 << 10;

/// The way to the collector, for as long as the process lives.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends `percent` of all traces to the collector at `address`, from threads of `runtime`.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn to(address: &str, percent: u32, runtime: Handle) -> anyhow::Result<Self> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender::new(runtime))
            .with_endpoint(format!("{}{PATH}", address.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(MOST_WAITING)
            .with_scheduled_delay(TOGETHER)
            .build();
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches);
        let name = Resource::builder_empty().with_service_name("sluis");
        let share = f64::from(percent) / 100.0;
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor.build())
            .with_sampler(Sampler::TraceIdRatioBased(share))
            .with_resource(name.build())
            .build();
        Ok(Self(provider))
    }

    /// What takes the spans of this process. It takes nothing else.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + 'static
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let spans = Targets::new().with_target(TRACE, Level::TRACE);
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("sluis"))
            .with_filter(spans)
    }

    /// Sends what still waits.
    pub fn end(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

/// Posts to the collector. The exporter's thread waits; the work is done on the runtime.
struct Sender {
    client: Client<HttpConnector, Full<Bytes>>,
    runtime: Handle,
}

impl Sender {
    fn new(runtime: Handle) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            runtime,
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Sender {
    fn send_bytes<'own, 'a>(&'own self, request: Request<Bytes>) -> Answer<'a>
    where
        'own: 'a,
        Self: 'a,
    {
        let client = self.client.clone();
        let answered = async move {
            let answer = client.request(request.map(Full::new)).await?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, MOST_ANSWER_BYTES).collect().await?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        // The timer is made on the runtime: the exporter's thread has none.
        let bounded = async move { timeout(PATIENCE, answered).await };
        let under_way = self.runtime.spawn(bounded);
        Box::pin(async move { under_way.await?? })
    }
}
