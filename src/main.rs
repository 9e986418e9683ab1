//! The `ocariot-users` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ocariot_users::cli::main()
}
