//! Owns the rest of a body that nobody wants: a request that is refused before its body was read is
//! answered, and what its sender is still sending is read and thrown away. Without it the
//! connection is closed under the sender's hands, and many a client then never sees the answer.
//! Refuses to do so without end, and to invite a body that waits for leave (`Expect:
//! 100-continue`).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use bytes::Bytes;
use http::{Request, header};

use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};

use super::seat::Upload;

/// Most bytes thrown away for one request.
const MOST_BYTES: usize = 128 << 20;
/// Longest time it may take.
const LONGEST: Duration = Duration::from_secs(10);

/// A body whose rest is read after it.
#[derive(Debug)]
pub(super) struct WithRest {
    /// Gone once it has ended.
    body: Option<Upload>,
    /// It may be on its way: it was not held back until leave is given, or leave was given.
    comes: bool,
}

impl WithRest {
    pub(super) fn of(request: Request<Upload>) -> Request<Self> {
        // Over HTTP/2 as well: a stream that is reset in the middle of its body takes the answer
        // with it in many a client.
        let comes = !request.headers().contains_key(header::EXPECT);
        request.map(|body| Self {
            body: Some(body),
            comes,
        })
    }
}

impl Body for WithRest {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // Asked for once, it comes.
        self.comes = true;
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = std::task::ready!(Pin::new(body).poll_frame(context));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for WithRest {
    fn drop(&mut self) {
        let Some(mut body) = self.body.take() else {
            return;
        };
        if !self.comes || body.is_end_stream() {
            return;
        }
        if let Ok(here) = tokio::runtime::Handle::try_current() {
            body.is_thrown_away();
            here.spawn(throw_away(body));
        }
    }
}

async fn throw_away(mut body: Upload) {
    let all = async {
        let mut left = MOST_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let more = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(more) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // Whoever has not ended by then is cut off: the answer has had time to arrive.
    drop(tokio::time::timeout(LONGEST, all).await);
}
