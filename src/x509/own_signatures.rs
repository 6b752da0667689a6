//! The signatures of many certificates under their own keys, on all cores.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Certificate, Verdict};

/// Verifies each certificate's signature under its own key, in the order of the certificates. Names are not compared.
///
/// A signature takes from 20 to 200 µs, far more than all else that is done with a certificate. Many are shared among
/// as many threads as the machine runs at once; a few are verified right here.
pub(crate) fn own_signatures(certificates: &[&Certificate]) -> Vec<Verdict> {
    let mut verdicts = vec![Verdict::Unknown; certificates.len()];
    let threads = threads(certificates.len());
    // One by one: signatures of one kind take ten times as long as those of another, so equal shares would not end at
    // one time.
    let queue = Mutex::new(certificates.iter().zip(&mut verdicts));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some((certificate, verdict)) = next() {
            *verdict = certificate.signature_by(certificate);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where no more threads may start, those that did do all the work.
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    verdicts
}

fn threads(certificates: usize) -> usize {
    if certificates < FEW {
        return 1;
    }
    thread::available_parallelism().map_or(1, NonZero::get).min(certificates / WORTH_A_THREAD)
}

/// Of fewer certificates, all of RSA 2048, the signatures are verified before threads would have started.
const FEW: usize = 12;
/// For fewer certificates, starting a thread takes as long as it saves.
const WORTH_A_THREAD: usize = 4;
