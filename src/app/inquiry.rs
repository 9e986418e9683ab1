//! Questions that a disk may never answer.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// A question that is asked again and again. Until it is answered it is not asked once more: a disk that hangs takes
/// one thread, not one for each who wants to know.
pub struct Inquiry<T>(Mutex<Option<watch::Receiver<Option<T>>>>);

impl<T> Default for Inquiry<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone + Send + Sync + 'static> Inquiry<T> {
    /// The answer of `question`, which is asked on a thread that may wait, or of the same question asked before; `None`
    /// if it does not come within `patience`.
    pub async fn ask(&self, patience: Duration, question: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let mut answer = self.answer(question);
        let answered = tokio::time::timeout(patience, answer.wait_for(Option::is_some)).await;
        // Whoever was asked panicked, if there will be no answer any more.
        answered.ok()?.ok()?.clone()
    }

    fn answer(&self, question: impl FnOnce() -> T + Send + 'static) -> watch::Receiver<Option<T>> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pending) = asked.as_ref().filter(|answer| is_pending(answer)) {
            return pending.clone();
        }
        let (sender, receiver) = watch::channel(None);
        let request = tracing::Span::current();
        tokio::task::spawn_blocking(move || sender.send_replace(Some(request.in_scope(question))));
        *asked = Some(receiver.clone());
        receiver
    }
}

fn is_pending<T>(answer: &watch::Receiver<Option<T>>) -> bool {
    answer.has_changed().is_ok() && answer.borrow().is_none()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn while_a_question_is_not_answered_it_is_not_asked_again_and_nobody_waits_for_ever() {
        let (inquiry, asked) = (Inquiry::default(), Arc::new(AtomicUsize::new(0)));
        let (answer, answers) = channel::<usize>();
        let count = Arc::clone(&asked);
        let first = inquiry.ask(Duration::from_millis(10), move || {
            count.fetch_add(1, Ordering::SeqCst);
            answers.recv().unwrap_or(0)
        });
        assert_eq!(first.await, None);
        for _ in 0..3 {
            assert_eq!(inquiry.ask(Duration::from_millis(1), || 0).await, None);
        }
        answer.send(7).unwrap();
        assert_eq!(inquiry.ask(LONG, || 8).await.map(|found| found == 7 || found == 8), Some(true));
        assert_eq!(inquiry.ask(LONG, || 9).await, Some(9), "what is answered is asked anew");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_question_that_panics_has_no_answer_and_can_be_asked_again() {
        let inquiry = Inquiry::default();
        let panics: fn() -> u8 = || panic!("on purpose");
        assert_eq!(inquiry.ask(LONG, panics).await, None);
        assert_eq!(inquiry.ask(LONG, || 1).await, Some(1));
    }
}
