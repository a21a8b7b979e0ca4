//! The life of one invoice, from its creation to its last act.

use std::sync::Arc;
use std::time::Duration;

use cross_crate_tests::Control;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::client::{Asked, Client};

/// The time limit for an event of a link to arrive.
const PATIENCE: Duration = Duration::from_mins(2);
/// The first wait before asking again; each further one is twice as long, up to the last. The work that a killed
/// process had in progress takes half a minute to finish, and constant asking is a load in itself.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// One act of a biller, a payer, a bank or the gateway.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// The invoice is created.
    Make,
    /// The biller asks for the address, twice at once.
    Ask,
    /// The biller asks until there is another address than the latest one.
    AskForAnother,
    /// The payer pays what the latest link asks for.
    Pay,
    /// The payer pays a part of it.
    PayPart,
    /// The payer is declined.
    Fail,
    /// The payer pays, and the bank's answer is still pending.
    Begin,
    /// The bank answers all payments that were begun.
    Complete,
    /// A payment begun long ago arrives on the first link.
    PayFirstLate,
    /// The latest link expires.
    Expire,
    /// The biller voids the invoice.
    Void,
}

use Act::{
    Ask, AskForAnother, Begin, Complete, Expire, Fail, Make, Pay, PayFirstLate, PayPart, Void,
};

/// The possible lives of an invoice. Partial payments are the instalments of a biller who does not offer any.
const LIVES: [&[Act]; 14] = [
    &[Make, Ask, Pay],
    &[Make, Ask, Fail, Pay],
    &[Make, Ask],
    &[Make, Ask, PayPart, AskForAnother, Pay],
    &[
        Make,
        Ask,
        PayPart,
        AskForAnother,
        PayPart,
        AskForAnother,
        Pay,
    ],
    &[Make, Ask, Expire, AskForAnother, Pay],
    &[Make, Ask, Expire, AskForAnother, Pay, PayFirstLate],
    &[Make, Ask, Expire, AskForAnother, PayFirstLate],
    &[Make, Ask, Expire, PayFirstLate],
    &[Make, Ask, Begin, Pay, Complete],
    &[Make, Ask, Begin, Expire, AskForAnother, Complete],
    &[Make, Ask, Begin, Void, Complete],
    &[Make, Ask, Void, PayFirstLate],
    &[Make, Ask, PayPart, Void, PayFirstLate],
];

#[derive(Debug)]
pub(crate) struct Script {
    number: usize,
    amount: i64,
    acts: &'static [Act],
    random: SmallRng,
}

/// The results of a script that are not visible elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// The links that the gateway refused to cancel.
    pub(crate) uncancellable: Vec<String>,
    /// The number of payments that the gateway refused to accept.
    pub(crate) declined_at_the_door: usize,
}

/// The parties that scripts act on.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) client: Arc<Client>,
    pub(crate) control: Control,
    /// The number of acts begun.
    pub(crate) progress: watch::Sender<u64>,
}

impl Script {
    pub(crate) fn new(number: usize, seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed ^ ((number as u64 + 1) << 20));
        Self {
            number,
            amount: random.random_range(10_000..1_000_000),
            acts: LIVES.choose(&mut random).expect("a life"),
            random,
        }
    }

    pub(crate) fn length(&self) -> u64 {
        self.acts.len() as u64
    }

    pub(crate) async fn play(self, world: World) -> Left {
        let mut play = Play {
            purpose: purpose(self.number),
            invoice: String::new(),
            links: Vec::new(),
            begun: Vec::new(),
            is_over: false,
            left: Left::default(),
            script: self,
            world,
        };
        for act in play.script.acts {
            play.world.progress.send_modify(|begun| *begun += 1);
            play.act(*act).await;
        }
        play.left
    }
}

/// Returns the purpose of an invoice; no two are the same.
fn purpose(number: usize) -> String {
    format!("Order {number}")
}

struct Play {
    script: Script,
    world: World,
    purpose: String,
    invoice: String,
    links: Vec<String>,
    /// The payments whose bank has not answered.
    begun: Vec<String>,
    /// True if nothing more is asked for.
    is_over: bool,
    left: Left,
}

impl Play {
    async fn act(&mut self, act: Act) {
        match act {
            Make => {
                let made = self
                    .world
                    .client
                    .make_invoice(&self.purpose, self.script.amount);
                self.invoice = made.await;
            }
            Ask => self.ask().await,
            AskForAnother => self.ask_for_another().await,
            Pay => self.pay(self.links.len(), "pay", json!({})).await,
            PayPart => {
                // The payment is less than the amount due, however often it is made.
                let paise = self
                    .script
                    .random
                    .random_range(100..=self.script.amount / 10);
                let part = json!({"amount": decimal(paise)});
                self.pay(self.links.len(), "pay", part).await;
            }
            Fail => self.pay(self.links.len(), "fail", json!({})).await,
            Begin => self.pay(self.links.len(), "pending", json!({})).await,
            PayFirstLate => self.pay(1, "pay", json!({"late": true})).await,
            Complete => self.complete().await,
            Expire => {
                if let Some(link) = self.links.last() {
                    // A link that is already closed cannot expire.
                    let path = format!("links/{link}/expire");
                    let _ = self.world.control.try_post(&path, &json!({})).await;
                }
            }
            Void => self.left.uncancellable = self.world.client.void(&self.invoice).await,
        }
    }

    async fn ask(&mut self) {
        let client = &self.world.client;
        let (one, other) = tokio::join!(
            client.payment_url(&self.invoice),
            client.payment_url(&self.invoice)
        );
        assert_eq!(one, other, "{}: two callers, two links", self.purpose);
        self.take(one).await;
    }

    /// Asks until there is another address. The event that the latest link is closed may not have arrived yet.
    async fn ask_for_another(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let known = self.links.len();
        let mut wait = LOOK_AGAIN;
        while self.links.len() == known && !self.is_over {
            if Instant::now() > deadline {
                let invoice = self.world.client.invoice(&self.invoice).await;
                panic!("no other link than {:?} of {invoice:#}", self.links);
            }
            let asked = self.world.client.payment_url(&self.invoice).await;
            self.take(asked).await;
            if self.links.len() == known {
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
    }

    async fn take(&mut self, asked: Asked) {
        let Asked::At(url) = asked else {
            self.is_over = true;
            return;
        };
        let asked = self.world.client.link_at(&self.invoice, &url).await;
        let link = match asked {
            Some(link) => link,
            None => self.world.control.link_of(&url).await,
        };
        if !self.links.contains(&link) {
            self.links.push(link);
        }
    }

    /// Acts on a link, counted from 1. The gateway may accept no payment on it: money that arrived late has paid it, or
    /// the application has cancelled it because the invoice is paid.
    async fn pay(&mut self, link: usize, what: &str, how: Value) {
        let Some(link) = link.checked_sub(1).and_then(|link| self.links.get(link)) else {
            return;
        };
        let path = format!("links/{link}/{what}");
        match self.world.control.try_post(&path, &how).await {
            Ok(done) if what == "pending" => {
                let payment = done["payment"]["cf_payment_id"].as_str();
                self.begun.push(payment.expect("an id").to_owned());
            }
            Ok(_) => {}
            Err((409 | 422 | 400, _)) => self.left.declined_at_the_door += 1,
            Err((status, text)) => panic!("{path}: {status} {text}"),
        }
    }

    async fn complete(&mut self) {
        for payment in std::mem::take(&mut self.begun) {
            let succeeds = self.script.random.random_ratio(4, 5);
            let outcome = if succeeds { "SUCCESS" } else { "FAILED" };
            let path = format!("payments/{payment}/settle");
            let body = json!({"outcome": outcome});
            self.world.control.post(&path, &body).await;
        }
    }
}

fn decimal(paise: i64) -> String {
    format!("{}.{:02}", paise / 100, paise % 100)
}
