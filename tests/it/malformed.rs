//! What no client should send: the right 4xx, and a server that goes on.

mod authorization;
mod chunks;
mod documents;
mod heads;
mod parameters;

use tests::http::Response;
use tests::server::Server;

/// A server with a bucket and an object.
fn server() -> Server {
    let server = Server::start();
    server.client().put("/photos", "");
    server.client().put("/photos/cat.jpg", "a picture of a cat");
    server
}

/// Compares many answers, and reports all that are wrong at once.
#[derive(Default)]
struct Verdicts {
    wrong: Vec<String>,
}

impl Verdicts {
    fn expect(&mut self, what: &str, answer: &Response, expected: (u16, &str)) {
        let came = (answer.status, answer.code());
        if (came.0, came.1.as_str()) != expected {
            self.wrong.push(format!("{what}: expected {expected:?}, came {came:?}"));
        }
    }

    /// Any refusal that blames the client.
    fn expect_4xx(&mut self, what: &str, answer: &Response) {
        if !(400..500).contains(&answer.status) {
            self.wrong.push(format!("{what}: expected 4xx, came {}", answer.status));
        }
    }

    fn give(self, server: &Server) {
        assert!(self.wrong.is_empty(), "{} wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
        let mut client = server.client();
        assert_eq!(client.get("/photos/cat.jpg").text(), "a picture of a cat");
        let replaced = server.metric("portcullis_instances_replaced_total", &[]);
        assert_eq!(replaced, 0.0, "a stage trapped");
    }
}
