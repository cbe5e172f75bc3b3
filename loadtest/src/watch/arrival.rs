//! Waits until a count has come far enough: a number in a sink's statistics, or a metric of an
//! engine. Owns the pace of looking; refuses a process for each look, which on a small machine
//! costs a tenth of what is measured.

use std::time::Duration;

use tokio::time::timeout;

use super::prometheus;
use crate::clock;
use crate::plain::PlainLink;

/// Between two looks: the most by which a figure comes out too slow.
const EVERY_MS: u64 = 100;

/// What is counted, and where.
#[derive(Debug, Clone)]
pub struct Count {
    /// Host and port.
    pub authority: String,
    /// Path of the page: JSON with flat fields, or a metrics page.
    pub path: String,
    /// Name of the field or of the metric, whose series are added up.
    pub name: String,
    /// What a series must have among its labels; empty: nothing.
    pub label: String,
}

impl Count {
    /// Waits until the number is at least `wanted`. `None` when it is not within `bound`.
    pub async fn reaches(&self, wanted: f64, bound: Duration) -> Option<f64> {
        let mut link = PlainLink::new(&self.authority);
        let looking = async {
            loop {
                if let Some(now) = self.look(&mut link).await
                    && now >= wanted
                {
                    return now;
                }
                clock::wait_ms(EVERY_MS).await;
            }
        };
        timeout(bound, looking).await.ok()
    }

    async fn look(&self, link: &mut PlainLink) -> Option<f64> {
        let request = |out: &mut Vec<u8>| {
            out.extend_from_slice(
                format!(
                    "GET {} HTTP/1.1\r\nHost: {}\r\n\r\n",
                    self.path, self.authority
                )
                .as_bytes(),
            );
        };
        let answer = link
            .exchange(request)
            .await
            .filter(|answer| answer.status == 200)?;
        read(
            &String::from_utf8_lossy(answer.body),
            &self.name,
            &self.label,
        )
    }
}

fn read(page: &str, name: &str, label: &str) -> Option<f64> {
    match page.starts_with('{') {
        true => serde_json::from_str::<serde_json::Value>(page)
            .ok()?
            .get(name)?
            .as_f64(),
        false => prometheus::sum(page, name, label),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_field_or_the_sum_of_series() {
        let stats = r#"{"sms_accepted": 12, "sms_refused": 1}"#;
        assert_eq!(read(stats, "sms_accepted", ""), Some(12.0));
        assert_eq!(read(stats, "email_accepted", ""), None);
        let page = "# TYPE x counter\nx{shard=\"0\",event=\"ended\"} 2\nx{shard=\"1\",event=\"ended\"} 3\nx{event=\"accepted\"} 9\nx_total 1\n";
        assert_eq!(read(page, "x", "event=\"ended\""), Some(5.0));
        assert_eq!(read(page, "x", ""), Some(14.0));
        assert_eq!(read(page, "y", ""), None);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_there_is_waited_for_no_longer_than_the_bound() {
        // Nobody listens, and nobody else gets the port meanwhile.
        let silent = tokio::net::TcpSocket::new_v4().unwrap();
        silent.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let authority = silent.local_addr().unwrap().to_string();
        let count = Count {
            authority,
            path: "/metrics".into(),
            name: "x".into(),
            label: String::new(),
        };
        assert_eq!(count.reaches(1.0, Duration::from_secs(3)).await, None);
    }
}
