//! Many servers at the same time.

use std::panic;
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::connection::End;
use super::handshake::observe;
use super::login::{Login, Plaintext, log_in};
use super::{Address, Negotiation, Observed, ServerError, ServerReason};
use crate::system::limits;
use crate::system::text::cause;

/// What to ask one of several servers.
#[derive(Clone, Debug)]
pub struct Question {
    /// The server.
    pub server: Address,
    /// How TLS is begun.
    pub negotiation: Negotiation,
    /// Who would log in without TLS; with none, that is not asked.
    pub login: Option<Login>,
}

/// What one of several servers answers.
#[derive(Debug)]
pub struct Answer {
    /// What it shows of itself.
    pub observed: Result<Observed, ServerError>,
    /// Whether it lets clients in without TLS, if that was asked.
    pub plaintext: Option<Result<Plaintext, ServerError>>,
}

/// Asks many servers, and hands each answer over as it comes, with the place of its question. Each has its own time, from
/// when it is its turn.
///
/// An answer is taken before the next comes: all of them together may be larger than the memory. Must not be called from
/// asynchronous code: it runs its own event loop.
pub fn ask_all(questions: Vec<Question>, timeout: Duration, take: &mut dyn FnMut(usize, Answer)) {
    let (sender, mut answers) = mpsc::channel(1);
    thread::scope(|scope| {
        let asking = scope.spawn(move || run(questions, timeout, &sender));
        while let Some((index, answer)) = answers.blocking_recv() {
            take(index, answer);
        }
        asking.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked));
    });
}

fn run(questions: Vec<Question>, timeout: Duration, sender: &mpsc::Sender<(usize, Answer)>) {
    match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            runtime.block_on(ask_each(questions, timeout, sender));
            // A plain drop would wait for the look-up of names that were given up.
            runtime.shutdown_background();
        }
        Err(error) => {
            for (index, question) in questions.into_iter().enumerate() {
                let reason = ServerReason::Unreachable { detail: cause(&error) };
                let error = ServerError { server: question.server.to_string(), reason };
                let _ = sender.blocking_send((index, Answer { observed: Err(error), plaintext: None }));
            }
        }
    }
}

async fn ask_each(questions: Vec<Question>, timeout: Duration, sender: &mpsc::Sender<(usize, Answer)>) {
    let mut waiting = questions.into_iter().enumerate();
    let mut running = JoinSet::new();
    loop {
        while running.len() < limits::SERVERS
            && let Some((index, question)) = waiting.next()
        {
            let sender = sender.clone();
            running.spawn(async move {
                let answer = answer(question, End::after(timeout)).await;
                // Fails only if who takes them has panicked.
                let _ = sender.send((index, answer)).await;
            });
        }
        match running.join_next().await {
            Some(Ok(())) => {}
            Some(Err(panicked)) => panic::resume_unwind(panicked.into_panic()),
            None => break,
        }
    }
}

/// Both are asked at once: a server that hangs in one may answer the other.
async fn answer(question: Question, end: End) -> Answer {
    let Question { server, negotiation, login } = question;
    let name = server.to_string();
    let failed = |reason| ServerError { server: name.clone(), reason };
    let without_tls = login.map(|login| {
        let server = server.clone();
        tokio::spawn(async move { log_in(&server, &login, end).await })
    });
    let observed = observe(&server, negotiation, end).await.map_err(failed);
    let plaintext = match without_tls {
        Some(task) => {
            let result = task.await.unwrap_or_else(|panicked| panic::resume_unwind(panicked.into_panic()));
            Some(result.map_err(failed))
        }
        None => None,
    };
    Answer { observed, plaintext }
}
