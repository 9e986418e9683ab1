//! The commands that messages print: each is one, to the last word and flag.

use std::fs;
use std::path::Path;

use super::binary::ocariot;

/// The program's sources, each without its tests and with its continued lines joined.
fn sources(folder: &Path, into: &mut Vec<String>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(path).unwrap();
            // Bytes are what files begin with, and what ciphers are told.
            let text = text.split("\n#[cfg(test)]").next().unwrap().replace("b\"ocariot-users ", "b\"");
            let lines = text.split("\\\n").enumerate();
            into.push(lines.map(|(number, line)| if number == 0 { line } else { line.trim_start() }).collect());
        }
    }
}

/// What stands between these, without the doc comments that tell of it.
fn between<'t>(text: &'t str, begin: &str, end: &[char]) -> Vec<&'t str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split(begin).skip(1).map(|rest| rest.split(end).next().unwrap()).collect::<Vec<_>>())
        .collect()
}

/// The words of a command as a shell would read them, with a word for whatever is filled in.
fn words(command: &str) -> Vec<String> {
    let command = command.split("   #").next().unwrap().replace("'19 MiB'", "19MiB");
    let filled: Vec<_> = command.split('{').enumerate().collect();
    let filled = filled.iter().map(|(number, part)| match number {
        0 => (*part).to_owned(),
        _ => format!("X{}", part.split_once('}').map_or("", |(_, rest)| rest)),
    });
    filled.collect::<String>().split_whitespace().map(ToOwned::to_owned).collect()
}

/// What is a command: the name of the program also stands in sentences.
fn is_command(text: &str) -> bool {
    !text.starts_with(['{', 'i']) && !text.contains('\\')
}

#[test]
fn every_command_that_a_message_prints_is_one() {
    let mut all = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let folder = tempfile::tempdir().unwrap();
    let mut tried = 0;
    for text in &all {
        let printed =
            between(text, "`ocariot-users ", &['`']).into_iter().chain(between(text, "\"ocariot-users ", &['"']));
        let of_doctor = between(text, ".verb(\"", &['"']).into_iter().chain(between(text, ".verb(&format!(\"", &['"']));
        for command in printed.chain(of_doctor).filter(|command| is_command(command)) {
            let command = words(command);
            // What is filled in last may be a flag or a path; and help shows for what could be done.
            let known: Vec<&str> =
                command.iter().map(String::as_str).filter(|word| !word.contains('X') && *word != "...").collect();
            let output = ocariot(folder.path(), &[&known[..], &["--help"]].concat()).output().unwrap();
            assert!(output.status.success(), "{command:?}: {output:?}");
            tried += 1;
        }
    }
    assert!(tried > 30, "they are found: {tried}");
}
