//! The `bookplate` program.

fn main() -> std::process::ExitCode {
    bookplate::cli::main()
}
