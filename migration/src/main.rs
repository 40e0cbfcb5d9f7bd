//! The command line over the revisions: `cargo run -p migration -- --help`.

fn main() -> std::process::ExitCode {
    migration::revise().main()
}
