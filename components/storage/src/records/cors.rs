//! The cross-origin rules of a bucket. Another stage reads the row as well, so its layout is the
//! library's.

use gateway::bucket::cors::{Configuration, row};
use gateway::errors::Result;

use super::Record;

impl Record for Configuration {
    fn encode(&self) -> Result<Vec<u8>> {
        row::encode(self)
    }

    fn decode(value: &[u8]) -> Result<Configuration> {
        row::decode(value)
    }
}
