//! The addresses of production one by one.

use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// What production's list of sessions calls us where the address does not say.
const APPLICATION: &str = "standin mask";

/// A session that holds a snapshot is silent for as long as the rows take: routers forget silent
/// connections within minutes, and the driver's own two hours would be too late.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// One configuration for each address, in their order.
pub(super) fn each(config: &Config) -> Vec<Config> {
    let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let ports = config.get_ports();
    let count = hosts.len().max(addresses.len());
    let one = |at: usize| {
        let mut one = like(config);
        match hosts.get(at) {
            Some(Host::Tcp(host)) => {
                one.host(host);
            }
            Some(Host::Unix(directory)) => {
                one.host_path(directory);
            }
            // TLS asks for a name, and an address without one has its own.
            None => {
                one.host(addresses[at].to_string());
            }
        }
        if let Some(address) = addresses.get(at) {
            one.hostaddr(*address);
        }
        let port = ports.get(at).or(ports.first());
        one.port(port.copied().unwrap_or(5432));
        one
    };
    (0..count).map(one).collect()
}

/// Everything but the addresses.
fn like(config: &Config) -> Config {
    let mut like = Config::new();
    like.ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .target_session_attrs(config.get_target_session_attrs())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle().min(KEEPALIVE_IDLE))
        .application_name(config.get_application_name().unwrap_or(APPLICATION));
    if let Some(user) = config.get_user() {
        like.user(user);
    }
    if let Some(password) = config.get_password() {
        like.password(password);
    }
    if let Some(database) = config.get_dbname() {
        like.dbname(database);
    }
    if let Some(options) = config.get_options() {
        like.options(options);
    }
    if let Some(timeout) = config.get_connect_timeout() {
        like.connect_timeout(*timeout);
    }
    if let Some(timeout) = config.get_tcp_user_timeout() {
        like.tcp_user_timeout(*timeout);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        like.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        like.keepalives_retries(retries);
    }
    like
}

#[cfg(test)]
mod tests {
    use super::each;
    use tokio_postgres::Config;

    #[test]
    fn each_address_keeps_everything_but_the_others() {
        let url = "host=a,/run/b,c hostaddr=10.0.0.1,10.0.0.2,10.0.0.3 port=1,2,3 user=u password=p \
                   dbname=d options=-cx sslmode=require channel_binding=require connect_timeout=3 \
                   keepalives_interval=4 keepalives_retries=5 tcp_user_timeout=6 application_name=n \
                   sslnegotiation=direct target_session_attrs=read-only keepalives_idle=7";
        let config: Config = url.parse().expect("a configuration");
        let found = each(&config);
        let one = |host: &str, address: &str, port: &str| -> Config {
            let url = url
                .replace("a,/run/b,c", host)
                .replace("10.0.0.1,10.0.0.2,10.0.0.3", address)
                .replace("1,2,3", port);
            url.parse().expect("a configuration")
        };
        let expected = [
            one("a", "10.0.0.1", "1"),
            one("/run/b", "10.0.0.2", "2"),
            one("c", "10.0.0.3", "3"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn an_address_without_a_name_is_its_own() {
        let config: Config = "hostaddr=::1 user=u".parse().expect("a configuration");
        let found = each(&config);
        assert_eq!(found.len(), 1);
        let shown = format!("{:?}", found[0].get_hosts());
        assert_eq!(shown, "[Tcp(\"::1\")]");
        assert_eq!(found[0].get_ports(), [5432]);
    }
}
