//! The libp2p swarm: transports, protocols and their limits.

use super::codec::ByteCodec;
use super::{NetworkConfig, NetworkError, Quotas};
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, TopicHash, ValidationMode};
use libp2p::swarm::NetworkBehaviour;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::{
    StreamProtocol, Swarm, SwarmBuilder, connection_limits, identify, identity, mdns,
    memory_connection_limits, noise, request_response, tcp, yamux,
};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::time::Duration;

/// Longest message that is gossiped, in bytes: a record of at most 4 KiB and its frame.
pub(super) const MAX_GOSSIP_BYTES: usize = 4096;
/// What gossipsub may find in a stream's buffer, in bytes. It holds the limit of a message against all that was read
/// so far, however many messages that are, and gives the whole stream up if it is more: with a limit near that of
/// one message, a burst of honest ones would be lost. It reads 8 KiB at a time.
const MAX_GOSSIP_BUFFER_BYTES: usize = 64 * 1024;
/// Time for a request, from its first byte to the last of its answer.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests of ours to one peer, and of one peer to us, at the same moment.
pub(super) const REQUESTS_AT_ONCE: usize = 4;
/// Without any stream for that long a connection is closed; peers are asked more often than that.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3600);

/// What runs on every connection.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    pub(super) limits: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    pub(super) identify: identify::Behaviour,
    pub(super) gossip: Gossip,
    pub(super) sync: request_response::Behaviour<ByteCodec>,
    pub(super) mdns: Toggle<mdns::tokio::Behaviour>,
}

/// Gossip on our own topics only; a peer can't make the node track others.
pub(super) type Gossip =
    gossipsub::Behaviour<gossipsub::IdentityTransform, gossipsub::WhitelistSubscriptionFilter>;

/// The few fixed topics of a network.
#[derive(Clone, Debug)]
pub(super) struct Topics {
    /// Status records.
    pub(super) status: IdentTopic,
    /// All other records.
    pub(super) log: IdentTopic,
}

impl Topics {
    /// The topics of network `net`.
    pub(super) fn of(net: &str) -> Self {
        Self {
            status: IdentTopic::new(format!("accolade/{net}/status/0")),
            log: IdentTopic::new(format!("accolade/{net}/log")),
        }
    }

    fn hashes(&self) -> HashSet<TopicHash> {
        HashSet::from([self.status.hash(), self.log.hash()])
    }
}

/// Builds the swarm; it doesn't listen or dial yet.
pub(super) fn swarm(
    keypair: identity::Keypair,
    config: &NetworkConfig,
    codec: ByteCodec,
) -> Result<Swarm<Behaviour>, NetworkError> {
    let build = |error: &dyn std::fmt::Display| NetworkError::Build { reason: error.to_string() };
    let behaviour = behaviour(&keypair, config, codec)?;
    let mut yamux_config = yamux::Config::default();
    yamux_config.set_max_num_streams(64);
    let swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, move || yamux_config.clone())
        .map_err(|error| build(&error))?
        .with_quic_config(|mut quic| {
            quic.max_concurrent_stream_limit = 64;
            quic
        })
        .with_dns()
        .map_err(|error| build(&error))?
        .with_behaviour(|_| behaviour)
        .map_err(|error| build(&error))?
        .with_swarm_config(|swarm| {
            swarm.with_idle_connection_timeout(IDLE_TIMEOUT).with_max_negotiating_inbound_streams(32)
        })
        .with_connection_timeout(REQUEST_TIMEOUT)
        .build();
    Ok(swarm)
}

fn behaviour(
    keypair: &identity::Keypair,
    config: &NetworkConfig,
    codec: ByteCodec,
) -> Result<Behaviour, NetworkError> {
    let build = |error: &dyn std::fmt::Display| NetworkError::Build { reason: error.to_string() };
    let protocol = StreamProtocol::try_from_owned(format!("/accolade/{}/sync/0", config.net))
        .map_err(|error| build(&error))?;
    let requests = request_response::Config::default()
        .with_request_timeout(REQUEST_TIMEOUT)
        .with_max_concurrent_streams(2 * REQUESTS_AT_ONCE);
    let mdns = if config.mdns {
        let behaviour = mdns::tokio::Behaviour::new(mdns::Config::default(), keypair.public().to_peer_id());
        Some(behaviour.map_err(|error| build(&error))?)
    } else {
        None
    };
    Ok(Behaviour {
        limits: connection_limits::Behaviour::new(connection_limits(&config.quotas)),
        memory: memory_connection_limits::Behaviour::with_max_bytes(config.quotas.max_memory_bytes),
        identify: identify::Behaviour::new(
            identify::Config::new(format!("/accolade/{}", config.net), keypair.public())
                .with_agent_version(concat!("accolade/", env!("CARGO_PKG_VERSION")).to_owned()),
        ),
        gossip: gossip(&config.net).map_err(|error| build(&error))?,
        sync: request_response::Behaviour::with_codec(
            codec,
            [(protocol, request_response::ProtocolSupport::Full)],
            requests,
        ),
        mdns: mdns.into(),
    })
}

/// No author and no signature of gossipsub's own: a record carries its issuer's, and its id is the message's id,
/// so that one record is one message whoever sends it. Nothing is forwarded before the state machine's word.
fn gossip(net: &str) -> Result<Gossip, String> {
    let config = gossipsub::ConfigBuilder::default()
        .protocol_id_prefix(format!("/accolade/{net}/gossip"))
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message| MessageId::from(Sha256::digest(&message.data).to_vec()))
        .max_transmit_size(MAX_GOSSIP_BUFFER_BYTES)
        .mesh_n(8)
        .mesh_n_low(6)
        .mesh_n_high(12)
        .mesh_outbound_min(3)
        .flood_publish(true)
        .heartbeat_initial_delay(Duration::from_millis(200))
        .heartbeat_interval(Duration::from_millis(700))
        .max_publish_messages(256)
        .max_control_messages_sent(64)
        .connection_handler_queue_len(512)
        .build()
        .map_err(|error| error.to_string())?;
    let topics = Topics::of(net);
    let filter = gossipsub::WhitelistSubscriptionFilter(topics.hashes());
    let mut gossip = Gossip::new_with_subscription_filter(MessageAuthenticity::Anonymous, config, filter)
        .map_err(str::to_owned)?;
    for topic in [&topics.status, &topics.log] {
        gossip.subscribe(topic).map_err(|error| error.to_string())?;
    }
    Ok(gossip)
}

fn connection_limits(quotas: &Quotas) -> connection_limits::ConnectionLimits {
    connection_limits::ConnectionLimits::default()
        .with_max_pending_incoming(Some(quotas.max_pending_connections))
        .with_max_pending_outgoing(Some(quotas.max_pending_connections))
        .with_max_established_incoming(Some(quotas.max_connections))
        .with_max_established(Some(quotas.max_connections.saturating_mul(2)))
        .with_max_established_per_peer(Some(4))
}
