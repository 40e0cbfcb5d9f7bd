//! A terminal that the program runs on, and a user at it.

use std::{
    io::{Read, Write},
    os::unix::process::ExitStatusExt,
    process::Child,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use pty_process::blocking::Pty;

use super::Program;

/// How long it may take until a question is shown.
const PATIENCE: Duration = Duration::from_secs(60);

/// The key that interrupts, and the one that ends the input.
pub const CTRL_C: &str = "\u{3}";
pub const CTRL_D: &str = "\u{4}";

/// A program on a terminal.
pub struct Terminal {
    keys: Arc<Pty>,
    child: Child,
    screen: Receiver<Vec<u8>>,
    /// All that was shown.
    shown: Vec<u8>,
    /// How much of it was already matched.
    seen: usize,
}

impl Terminal {
    pub fn start(program: Program, arguments: &[&str]) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("a terminal");
        let mut command = pty_process::blocking::Command::new(program.command.get_program());
        for (name, value) in program.command.get_envs() {
            command = match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let home = program.command.get_current_dir().expect("a home");
        let command = command.current_dir(home).args(arguments);
        let child = command.spawn(pts).expect("the program can be started");
        let (keys, (sender, screen)) = (Arc::new(pty), mpsc::channel());
        let reader = Arc::clone(&keys);
        std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            // A terminal whose other end is closed cannot be read. Linux looks for text before it looks whether the end is closed,
            // so what a program writes between these two, just before it ends, comes with the next look.
            let mut failed = 0;
            while failed < 2 {
                match (&*reader).read(&mut bytes) {
                    Ok(count @ 1..) => {
                        failed = 0;
                        drop(sender.send(bytes[..count].to_vec()));
                    }
                    Ok(0) | Err(_) => failed += 1,
                }
            }
        });
        Self { keys, child, screen, shown: Vec::new(), seen: 0 }
    }

    /// Waits until the words are shown after those that were matched before.
    pub fn expect(&mut self, words: &str) -> &mut Self {
        let begun = Instant::now();
        loop {
            let rest = &self.shown[self.seen..];
            let mut places = rest.windows(words.len());
            if let Some(place) = places.position(|place| place == words.as_bytes()) {
                self.seen += place + words.len();
                return self;
            }
            match self.screen.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(reason) => panic!("`{words}` is not shown ({reason}):\n{}", self.text()),
            }
        }
    }

    /// Whether the words are shown already.
    pub fn shows(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).replace("\r\n", "\n")
    }

    /// Types keys.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        (&*self.keys).write_all(keys.as_bytes()).expect("the terminal takes keys");
        self
    }

    /// Types a line.
    pub fn answer(&mut self, line: &str) -> &mut Self {
        self.press(line).press("\n")
    }

    /// Waits for the end, and returns the exit code and all that was shown.
    pub fn end(mut self) -> (i32, String) {
        let begun = Instant::now();
        loop {
            match self.screen.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{}", self.text()),
            }
        }
        let status = self.child.wait().expect("the program ends");
        let text = self.text();
        assert!(!text.contains("panicked"), "{text}");
        let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
        (code.expect("a code or a signal"), text)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
