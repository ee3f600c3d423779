//! A peer that speaks the protocol by libp2p alone, and says what a test wants it to say.

use super::{GUARD, NET};
use accolade_core::record::wire::Request;
use accolade_node::network::Multiaddr;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt};
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, ValidationMode};
use libp2p::request_response::{self, Message, ProtocolSupport};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{StreamProtocol, Swarm, SwarmBuilder, identity, noise, tcp, yamux};
use std::io;
use std::time::Duration;

const LOOK_AGAIN: Duration = Duration::from_millis(20);

#[derive(NetworkBehaviour)]
struct Behaviour {
    gossip: gossipsub::Behaviour,
    sync: request_response::Behaviour<Bytes>,
}

/// How it answers a request: with bytes, or (`None`) never.
pub type Answers = Box<dyn FnMut(Request) -> Option<Vec<u8>> + Send>;

pub struct Hostile {
    swarm: Swarm<Behaviour>,
    victim: Multiaddr,
    answers: Answers,
    /// Channels that are never answered.
    open: Vec<request_response::ResponseChannel<Vec<u8>>>,
    /// Requests of the victim so far.
    pub asked: Vec<Request>,
    /// Answers of the victim; `None` for a request that failed.
    pub answered: Vec<Option<Vec<u8>>>,
    /// Whether a connection with the victim stands.
    pub connected: bool,
}

impl Hostile {
    /// Connects to the victim and waits until it takes gossip.
    pub async fn connect(victim: &Multiaddr, answers: Answers) -> Self {
        let key = identity::Keypair::generate_ed25519();
        let gossip = gossipsub::ConfigBuilder::default()
            .protocol_id_prefix(format!("/accolade/{NET}/gossip"))
            .validation_mode(ValidationMode::Anonymous)
            .message_id_fn(|message| MessageId::from(message.data.clone()))
            .max_transmit_size(1 << 20)
            .build()
            .unwrap();
        let mut gossip = gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, gossip).unwrap();
        gossip.subscribe(&topic()).unwrap();
        let protocol = StreamProtocol::try_from_owned(format!("/accolade/{NET}/sync/0")).unwrap();
        let sync = request_response::Behaviour::with_codec(
            Bytes,
            [(protocol, ProtocolSupport::Full)],
            request_response::Config::default(),
        );
        let mut swarm = SwarmBuilder::with_existing_identity(key)
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
            .unwrap()
            .with_behaviour(|_| Behaviour { gossip, sync })
            .unwrap()
            .build();
        swarm.dial(victim.clone()).unwrap();
        let mut hostile = Self {
            swarm,
            victim: victim.clone(),
            answers,
            open: Vec::new(),
            asked: Vec::new(),
            answered: Vec::new(),
            connected: false,
        };
        hostile.until("the victim's subscription", Self::is_listened_to).await;
        hostile
    }

    /// Dials again and again until the victim takes it for a peer: it greets it, and takes gossip. Whom it bans it lets
    /// say a word or two as well, before it hangs up, but it doesn't greet them.
    pub async fn connect_again(&mut self) {
        let greeted = self.asked.len();
        let run = async {
            while self.asked.len() == greeted || !self.is_listened_to() {
                if !self.connected {
                    // An error says that it is being dialled already.
                    let _ = self.swarm.dial(self.victim.clone());
                }
                self.step().await;
            }
        };
        tokio::time::timeout(GUARD, run).await.expect("never connected again");
    }

    fn is_listened_to(&self) -> bool {
        self.swarm.behaviour().gossip.all_peers().any(|(_, topics)| topics.contains(&&topic().hash()))
    }

    /// Gossips bytes to the victim.
    pub fn gossip(&mut self, bytes: Vec<u8>) {
        // A full queue or a lost connection is the victim's defence.
        let _ = self.swarm.behaviour_mut().gossip.publish(topic(), bytes);
    }

    /// Sends bytes as a request.
    pub fn request(&mut self, bytes: Vec<u8>) {
        let libp2p::multiaddr::Protocol::P2p(victim) = self.victim.iter().last().unwrap() else {
            panic!("the victim's address has its id")
        };
        self.swarm.behaviour_mut().sync.send_request(&victim, bytes);
    }

    /// Goes on until what is waited for has happened.
    pub async fn until(&mut self, what: &str, mut happened: impl FnMut(&Self) -> bool) {
        let run = async {
            while !happened(self) {
                // What is waited for may happen at the victim alone, so it is looked at again without an event too.
                let _ = tokio::time::timeout(LOOK_AGAIN, self.step()).await;
            }
        };
        tokio::time::timeout(GUARD, run).await.unwrap_or_else(|_| panic!("never happened: {what}"));
    }

    /// Goes on until `other` is done.
    pub async fn during<T>(&mut self, other: impl Future<Output = T>) -> T {
        tokio::pin!(other);
        loop {
            tokio::select! {
                result = &mut other => return result,
                () = self.step() => {}
            }
        }
    }

    async fn step(&mut self) {
        match self.swarm.select_next_some().await {
            SwarmEvent::Behaviour(BehaviourEvent::Sync(event)) => match event {
                request_response::Event::Message { message, .. } => match message {
                    Message::Request { request, channel, .. } => {
                        // A stream that was cut for want of a free one.
                        let Ok(request) = Request::decode(&request) else { return };
                        self.asked.push(request.clone());
                        match (self.answers)(request) {
                            Some(bytes) => {
                                let _ = self.swarm.behaviour_mut().sync.send_response(channel, bytes);
                            }
                            None => self.open.push(channel),
                        }
                    }
                    Message::Response { response, .. } => self.answered.push(Some(response)),
                },
                request_response::Event::OutboundFailure { .. } => self.answered.push(None),
                _ => {}
            },
            SwarmEvent::ConnectionEstablished { .. } => self.connected = true,
            SwarmEvent::ConnectionClosed { num_established, .. } => self.connected = num_established > 0,
            _ => {}
        }
    }
}

fn topic() -> IdentTopic {
    IdentTopic::new(format!("accolade/{NET}/status/0"))
}

#[derive(Clone)]
struct Bytes;

impl request_response::Codec for Bytes {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io.read_to_end(&mut bytes).await?;
        Ok(bytes)
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        protocol: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        self.read_request(protocol, io).await
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        io.write_all(&bytes).await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        protocol: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        self.write_request(protocol, io, bytes).await
    }
}
