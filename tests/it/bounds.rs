//! Every computation over what a client sends is linear or bounded (docs/security-model.md): the
//! inputs that once were not, and their relatives. Each gets S3's answer, no stage traps, and
//! memory stays where it was.

use std::time::{Duration, Instant};

use tests::http::{Request, Response};
use tests::server::Server;

mod calls;
mod forms;
mod listings;
mod metadata;
mod signatures;

/// Memory that a server may keep after an attack, over what it had: buffers of connections and the
/// allocator's own slack.
const GROWTH_BYTES_MAX: u64 = 48 << 20;

fn verdict(response: &Response) -> (u16, String) {
    (response.status, response.code())
}

/// A server with a bucket, and what it had in memory once it had served its first requests.
struct Bounded {
    server: Server,
    before: u64,
}

impl Bounded {
    fn start() -> Bounded {
        let server = Server::start();
        let mut client = server.client();
        client.put("/photos", "");
        client.put("/photos/cat.jpg", "a picture of a cat");
        client.get("/photos/cat.jpg");
        let before = server.resident_bytes();
        Bounded { server, before }
    }

    /// Nothing was replaced, everybody else is served, and memory is where it was: an instance that
    /// grew is replaced when its worker is idle.
    fn is_unharmed(&self) {
        let replaced = self.server.metric("portcullis_instances_replaced_total", &[]);
        assert_eq!(replaced, 0.0, "a stage trapped");
        assert_eq!(self.server.client().get("/photos/cat.jpg").text(), "a picture of a cat");
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let after = self.server.resident_bytes();
            if after.saturating_sub(self.before) < GROWTH_BYTES_MAX {
                return;
            }
            assert!(Instant::now() < deadline, "from {} to {after} bytes", self.before);
            std::thread::sleep(Duration::from_millis(200));
            // An allocator gives pages back when it is asked for others.
            self.server.client().get("/photos/cat.jpg");
        }
    }
}

/// A call of a Query API.
fn query_call(form: String) -> Request {
    Request::new("POST", "/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into_bytes())
}
