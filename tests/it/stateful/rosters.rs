//! Deeds of administrators with rosters: an import from its file to its end.

use poem::http::Method;
use serde_json::{Value, json};

use super::model::User;
use super::{Asker, Walk};

impl Walk {
    /// A step of an import.
    async fn roster(
        &mut self,
        asker: &Asker,
        operation: &str,
        (method, path, body): (Method, &str, Option<Value>),
        faults: &[(bool, u16)],
    ) -> Value {
        let success = if method == Method::DELETE { 204 } else { 200 };
        let expected = Self::verdict(asker, success, faults);
        let path = format!("/v1/rosters/{path}");
        self.ask(&format!("roster_{operation}"), &asker.client, (method, &path, body), expected).await
    }

    /// A file with a child, who comes in if his institution is there, and then is taken back or stays.
    pub(super) async fn roster_import(&mut self) {
        let asker = self.asker(User::is_admin);
        let (name, password, institution) = (self.name(), self.name(), self.institution());
        let upload = format!("uploads/{:024x}", self.names);
        let sheet = format!("username,institution,gender,age,password\n{name},{institution},female,9,{password}\n");
        let put = (Method::PUT, &*format!("{upload}/files/children.csv"), Some(json!(sheet)));
        self.roster(&asker, "file_put", put, &[]).await;
        let year = (Method::POST, &*format!("{upload}/roll-over"), Some(json!({"top": 13, "again": true})));
        self.roster(&asker, "upload_roll_over", year, &[]).await;
        let plan = (Method::POST, &*format!("{upload}/plan"), Some(json!({})));
        let gone = asker.refused.is_some();
        let plan = self.roster(&asker, "upload_plan", plan, &[(gone, 404)]).await;
        let unknown = !self.model.institutions.contains_key(&institution);
        if !gone {
            assert_eq!(plan["problems_in_all"], json!(u8::from(unknown)), "{plan}\n{}", self.tail());
        }
        let no_plan = [(unknown, 409)];
        self.roster(&asker, "upload_prepare", (Method::POST, &format!("{upload}/prepare"), None), &no_plan).await;
        self.roster(&asker, "upload_passwords", (Method::GET, &format!("{upload}/passwords"), None), &no_plan).await;
        let apply = (Method::POST, &*format!("{upload}/apply"), Some(json!({"plan": plan["plan"]})));
        let applied = if gone { json!({}) } else { self.roster(&asker, "upload_apply", apply, &no_plan).await };
        let seen = self.roster(&asker, "upload_view", (Method::GET, &upload, None), &[]).await;
        self.roster(&asker, "upload_delete", (Method::DELETE, &upload, None), &[]).await;
        if gone || unknown {
            return;
        }
        assert_eq!((&applied["created"], &seen["applied"]), (&json!(1), &applied), "{}", self.tail());
        let child = self.imported_child(&asker, (&name, password), institution).await;
        self.roster_end(&asker, &applied["import"], &child).await;
    }

    /// The child that came in, as the service shows it.
    async fn imported_child(&mut self, asker: &Asker, (name, password): (&str, String), institution: String) -> String {
        let list = (Method::GET, &*format!("/v1/children?username={}", name.replace(' ', "%20")), None);
        let found = self.ask("child_list", &asker.client, list, Ok(200)).await;
        let id = found[0]["id"].as_str().unwrap().to_owned();
        let shown = json!({"username": name, "institution_id": institution, "gender": "female", "age": "9",
            "fitbit_status": "none"});
        let client = self.world.nobody();
        let child = User { id: id.clone(), path: "children", shown, password, kids: Vec::new(), client };
        self.same(&found, &json!([self.model.show_user(&child)]));
        self.model.users.insert(id.clone(), child);
        id
    }

    async fn roster_end(&mut self, asker: &Asker, import: &Value, child: &str) {
        let view = self.roster(asker, "import_view", (Method::GET, &format!("imports/{import}"), None), &[]).await;
        assert_eq!((&view["removed"], &view["left_in_all"]), (&json!(1), &json!(0)), "{}", self.tail());
        if self.chance(80) {
            let undo = (Method::POST, &*format!("imports/{import}/undo"), None);
            assert_eq!(self.roster(asker, "import_undo", undo, &[]).await["removed"], json!(1), "{}", self.tail());
            self.model.delete_user(child);
        } else {
            self.enter(child).await;
        }
        let imports = self.roster(asker, "import_list", (Method::GET, "imports", None), &[]).await;
        assert_eq!(&imports[0]["import"], import, "{}", self.tail());
        for (operation, path) in
            [("export", "export"), ("export_oneroster", "export/oneroster"), ("template", "template")]
        {
            self.roster(asker, operation, (Method::GET, path, None), &[]).await;
        }
    }
}
