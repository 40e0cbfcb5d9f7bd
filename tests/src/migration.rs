//! The command line of the migrations under test: the same as `cargo run -p migration`.

fn main() -> std::process::ExitCode {
    migration::revise().main()
}
