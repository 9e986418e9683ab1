//! `completions` and `man`: what the shells and man(1) take.

use std::process::Command;

use super::ocariot;

fn printed(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = ocariot(folder.path(), arguments).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_completes_verbs_and_flags() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("words"), printed(&["completions", "bash"])).unwrap();
    let complete = |words: &str| {
        let count = words.split(' ').count() - 1;
        let script = format!(
            "source ./words; function=$(complete -p ocariot-users | grep -o -- '-F [^ ]*' | cut -c 4-); \
             COMP_WORDS=({words}''); COMP_CWORD={count}; $function ocariot-users '' before; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let verbs = complete("ocariot-users ");
    for verb in ["serve", "backup", "restore", "doctor", "user", "man"] {
        assert!(verbs.iter().any(|word| word == verb), "{verb} in {verbs:?}");
    }
    assert!(complete("ocariot-users backup verify ").iter().any(|word| word == "--drill"));
    assert!(complete("ocariot-users completions ").iter().any(|word| word == "fish"));
}

#[test]
fn every_shell_gets_its_completions_and_an_unknown_one_is_wrong_use() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = printed(&["completions", shell]);
        assert!(text.contains("ocariot-users") && text.contains("doctor"), "{shell}");
    }
    let output = ocariot(std::env::temp_dir().as_path(), &["completions", "csh"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_man_page_names_every_verb_and_setting() {
    let page = printed(&["man"]).replace("\\-", "-");
    assert!(page.contains(".TH ocariot-users 1"), "{page}");
    for setting in ocariot_users::config::SETTINGS {
        assert!(page.contains(&format!("--{}", setting.flag)), "{}", setting.flag);
    }
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    printed(&["man", "--to", to]);
    for verb in ["", "-doctor", "-backup-verify", "-admin-reset-password"] {
        assert!(folder.path().join(format!("ocariot-users{verb}.1")).exists(), "{verb}");
    }
    let version = concat!("\"ocariot-users ", env!("CARGO_PKG_VERSION"), "\"").replace('-', "\\-");
    for page in std::fs::read_dir(folder.path()).unwrap() {
        let text = std::fs::read_to_string(page.unwrap().path()).unwrap();
        let heading = text.lines().find(|line| line.starts_with(".TH")).unwrap();
        assert!(heading.replace('-', "\\-").replace("\\\\-", "\\-").contains(&version), "{heading}");
    }
    let output = ocariot(folder.path(), &["man", "--to", "absent"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("name a folder that is there"));
}
