//! The rules of a bucket about transforms. Another stage reads the row as well, so its layout is
//! the library's.

use gateway::bucket::transforms::{TransformRules, row};
use gateway::errors::Result;

use super::Record;

impl Record for TransformRules {
    fn encode(&self) -> Result<Vec<u8>> {
        row::encode(self)
    }

    fn decode(value: &[u8]) -> Result<TransformRules> {
        row::decode(value)
    }
}
