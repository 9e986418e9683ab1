//! Random items of what is tracked, and what they are when they are stored.

use proptest::prelude::RngExt;
use serde_json::{Value, json};

use super::Walk;
use super::model::Tracked;

/// An item that is sent, and what it is when it is stored: nothing if its times are none, or its fields do not fit.
pub struct Sent {
    pub body: Value,
    pub made: Result<Tracked, Unfit>,
}

impl Sent {
    fn new(body: Value, shown: Value, key: String) -> Self {
        Self { body, made: Ok(Tracked { shown, key, fat: None, brings_fat: None }) }
    }
}

fn period(time: &str) -> Value {
    json!({"start_time": time, "end_time": time.replace(":00:00", ":10:00"), "duration": 600_000})
}

fn night(time: String, n: u32) -> Sent {
    let mut shown = period(&time);
    let entry = json!({"start_time": time, "name": "deep", "duration": n});
    shown["type"] = json!("stages");
    shown["pattern"] = json!({"data_set": [entry, entry]});
    let body = shown.clone();
    let none = json!({"count": 0, "duration": 0});
    shown["pattern"]["summary"] =
        json!({"deep": {"count": 2, "duration": 2 * n}, "light": none, "rem": none, "awake": none});
    Sent::new(body, shown, time)
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    Times,
    Fields,
}

impl Walk {
    /// When something was; few enough that much of it was at the same time.
    pub(super) fn time(&mut self) -> String {
        format!("2019-06-{:02}T08:00:00", self.dice.random_range(1..9))
    }

    pub(super) fn whole(&mut self) -> u32 {
        self.dice.random_range(0..1000)
    }

    /// An item of a collection; now and then one that cannot be stored.
    pub(super) fn item(&mut self, collection: &str) -> Sent {
        let (time, n) = (self.time(), self.whole());
        let (mut sent, time_key, required) = match collection {
            "weights" => (self.weight(time, n), "timestamp", "value"),
            "bodyfats" => {
                let shown = json!({"timestamp": format!("{time}.000Z"), "value": n, "unit": "%"});
                (Sent::new(json!({"timestamp": time, "value": n}), shown, time), "timestamp", "value")
            }
            "environments" => (self.air(&time, n), "timestamp", "location"),
            "sleep" => (night(time, n), "start_time", "pattern"),
            _ => (self.activity(time, n), "start_time", "name"),
        };
        if self.chance(6) {
            sent.body.as_object_mut().unwrap().remove(required);
            sent.made = Err(Unfit::Fields);
        }
        if self.chance(6) {
            sent.body[time_key] = json!("yesterday");
            sent.made = Err(Unfit::Times);
        }
        sent
    }

    fn weight(&mut self, time: String, n: u32) -> Sent {
        let shown = json!({"timestamp": time, "value": n, "unit": "kg"});
        let mut sent = Sent::new(shown.clone(), shown, time);
        if let Ok(made) = &mut sent.made
            && self.chance(50)
        {
            made.brings_fat = Some(self.whole());
            sent.body["body_fat"] = json!(made.brings_fat);
        }
        sent
    }

    fn air(&mut self, time: &str, n: u32) -> Sent {
        let local = self.pick(&["a", "b"]).unwrap();
        let mut shown = json!({"timestamp": format!("{time}.000Z"), "location": {"local": local, "room": "r"},
            "measurements": [{"type": "pm1", "value": n, "unit": "u"}], "climatized": self.chance(50)});
        let mut body = shown.clone();
        if self.chance(20) {
            body.as_object_mut().unwrap().remove("climatized");
            shown["climatized"] = json!(false);
        }
        Sent::new(body, shown, format!("{time} {local}"))
    }

    fn activity(&mut self, time: String, n: u32) -> Sent {
        let mut shown = period(&time);
        (shown["name"], shown["calories"]) = (json!("walk"), json!(n));
        let mut body = shown.clone();
        if self.chance(30) {
            // Not given.
            body["heart_rate"] = json!(null);
        }
        Sent::new(body, shown, time)
    }
}
