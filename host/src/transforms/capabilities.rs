//! What a transform is lent: the imports of the contract.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wasmtime::Error;
use wasmtime::component::{HasSelf, Linker};

use super::bindings::objects::ObjectsError;
use super::bindings::{clock, http, log, objects, random, scratch, secrets, types};
use super::log::Level;
use super::scratch::{KEY_BYTES_MAX, Scratch, VALUE_BYTES_MAX};
use super::state::StoreState;
use super::wasi::RANDOM_BYTES_MAX;
use crate::outbound::{Outbound, Unfetched};
use crate::random as numbers;

/// Documents that a call may get, and other objects that it may read.
const FETCHES_MAX: u32 = 8;
const OBJECTS_MAX: u32 = 16;
/// Bytes of a document.
const FETCHED_BYTES_MAX: usize = 256 << 10;
/// A document that was fetched so long ago is used again.
const FETCHED_AGE_MAX: Duration = Duration::from_secs(30);

/// What comes of reading an object.
pub type ObjectRead = Pin<Box<dyn Future<Output = Result<Vec<u8>, ObjectsError>> + Send>>;

/// Other objects of the bucket, read with the rights of the caller.
pub trait Objects: Send + Sync {
    /// The bytes of an object, up to a limit.
    fn read(&self, key: String, version_id: Option<String>, bytes_max: usize) -> ObjectRead;
}

/// Bytes of the key of an object.
const OBJECT_KEY_BYTES_MAX: usize = 1024;

/// What a call is lent beside what its component is granted. A capability that is granted and not
/// lent finds nothing.
#[derive(Clone, Default)]
pub struct CallLent {
    /// What reads other objects.
    pub objects: Option<Arc<dyn Objects>>,
    /// What fetches documents.
    pub outbound: Option<Arc<Outbound>>,
    /// Whether it shares its scratch with no other call.
    pub own_scratch: bool,
}

/// How often a call has used what is counted.
#[derive(Debug, Default)]
pub(super) struct Used {
    fetches: u32,
    objects: u32,
}

/// What transforms may import: everything of the contract, and WASI. What a component does import
/// is compared with its grants when it is loaded.
pub(super) fn link(linker: &mut Linker<StoreState>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    types::add_to_linker::<_, HasSelf<StoreState>>(linker, |state| state)?;
    log::add_to_linker::<_, HasSelf<StoreState>>(linker, |state| state)?;
    clock::add_to_linker::<_, HasSelf<StoreState>>(linker, |state| state)?;
    random::add_to_linker::<_, HasSelf<StoreState>>(linker, |state| state)?;
    http::add_to_linker::<_, HasSelf<StoreState>>(linker, |state| state)?;
    secrets::add_to_linker::<_, HasSelf<StoreState>>(linker, |state| state)?;
    objects::add_to_linker::<_, HasSelf<StoreState>>(linker, |state| state)?;
    scratch::add_to_linker::<_, HasSelf<StoreState>>(linker, |state| state)
}

impl types::Host for StoreState {}

impl log::Host for StoreState {
    fn write(&mut self, level: log::Level, text: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Error => Level::Error,
            log::Level::Warn => Level::Warn,
            log::Level::Info => Level::Info,
            log::Level::Debug => Level::Debug,
        };
        self.log.write(level, &text);
        Ok(())
    }
}

impl clock::Host for StoreState {
    fn now_ms(&mut self) -> wasmtime::Result<u64> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(self.now);
        Ok(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
    }
}

impl random::Host for StoreState {
    fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        if u64::from(count) > RANDOM_BYTES_MAX {
            return Err(Error::msg(format!("random.bytes gives up to {RANDOM_BYTES_MAX} bytes")));
        }
        let mut bytes = vec![0; usize::try_from(count)?];
        numbers::fill(&mut bytes).map_err(Error::from)?;
        Ok(bytes)
    }
}

impl http::Host for StoreState {
    async fn get(&mut self, url: String) -> wasmtime::Result<Result<http::Response, http::HttpError>> {
        self.used.fetches += 1;
        if self.used.fetches > FETCHES_MAX {
            return Err(Error::msg(format!("http.get may be called {FETCHES_MAX} times a call")));
        }
        let is_listed = self.grants.http.iter().flatten().any(|host| host.is_of(&url));
        let (true, Some(outbound)) = (is_listed, self.lent.outbound.clone()) else {
            return Ok(Err(http::HttpError::Forbidden));
        };
        let fetched = outbound.fetch(&url, FETCHED_BYTES_MAX, FETCHED_AGE_MAX).await;
        Ok(match fetched {
            Ok(fetched) => Ok(http::Response { status: fetched.status, body: fetched.body }),
            Err(Unfetched::Forbidden) => Err(http::HttpError::Forbidden),
            Err(Unfetched::Unreachable) => Err(http::HttpError::Unreachable),
            Err(Unfetched::TooLong) => Err(http::HttpError::TooLong),
        })
    }
}

impl secrets::Host for StoreState {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        let secret = self.grants.secrets.as_ref().and_then(|secrets| secrets.get(&name));
        Ok(secret.map(|secret| secret.reveal().to_owned()))
    }
}

impl objects::Host for StoreState {
    async fn get(
        &mut self,
        key: String,
        version_id: Option<String>,
    ) -> wasmtime::Result<Result<Vec<u8>, ObjectsError>> {
        self.used.objects += 1;
        if self.used.objects > OBJECTS_MAX {
            return Err(Error::msg(format!("objects.get may be called {OBJECTS_MAX} times a call")));
        }
        // No object has such a key.
        if key.is_empty() || key.len() > OBJECT_KEY_BYTES_MAX {
            return Ok(Err(ObjectsError::Missing));
        }
        let Some(objects) = self.lent.objects.clone() else { return Ok(Err(ObjectsError::Missing)) };
        Ok(objects.read(key, version_id, self.input_bytes_max).await)
    }
}

impl StoreState {
    fn shared(&self) -> MutexGuard<'_, Scratch> {
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl scratch::Host for StoreState {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.shared().get(&key))
    }

    fn set(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<()> {
        if key.len() > KEY_BYTES_MAX || value.len() > VALUE_BYTES_MAX {
            let words =
                format!("scratch keeps keys of {KEY_BYTES_MAX} and values of {VALUE_BYTES_MAX} bytes");
            return Err(Error::msg(words));
        }
        self.shared().set(key, value);
        Ok(())
    }

    fn remove(&mut self, key: String) -> wasmtime::Result<()> {
        self.shared().remove(&key);
        Ok(())
    }
}
