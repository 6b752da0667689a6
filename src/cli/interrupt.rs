//! Control-C, and `kill`.

#[cfg(unix)]
use signal_hook::consts::{SIGINT, SIGTERM};

/// Has the programs of others end with this process when it is told to end. Not when its terminal goes: that may have been
/// taken leave of on purpose, as by `nohup`.
pub(crate) fn end_programs_too() {
    #[cfg(unix)]
    if let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) {
        std::thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                pgtrust::end_all();
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        });
    }
}
