//! What this machine tells about itself and its instances of SQL Server.

use super::route::Machine;

/// This machine. Nothing of it is kept: an instance may be installed at any time.
#[cfg(not(windows))]
pub(super) fn here() -> Machine {
    Machine::default()
}

#[cfg(windows)]
pub(super) use registry::here;

#[cfg(windows)]
mod registry {
    use winreg::RegKey;
    use winreg::enums::HKEY_LOCAL_MACHINE;

    use super::Machine;
    use crate::sql::route::Instance;

    /// Where SQL Server keeps what belongs to all its instances: of 64 bits, and of 32 on 64.
    const ROOTS: [&str; 2] =
        [r"SOFTWARE\Microsoft\Microsoft SQL Server", r"SOFTWARE\WOW6432Node\Microsoft\Microsoft SQL Server"];

    /// Where the names of this machine stand.
    const NETWORK: &str = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";

    pub(in crate::sql) fn here() -> Machine {
        Machine { is_windows: true, names: names(), instances: instances() }
    }

    /// The short name, the whole one (which may be longer), and the one with the domain.
    fn names() -> Vec<String> {
        let network = open(NETWORK);
        let value = |name: &str| network.as_ref().and_then(|key| text(key, name));
        let host = value("Hostname");
        let whole = host.as_ref().zip(value("Domain")).map(|(host, domain)| format!("{host}.{domain}"));
        std::env::var("COMPUTERNAME").ok().into_iter().chain(host).chain(whole).collect()
    }

    /// `None` where no list of instances can be read: then nothing is known, which is not the same
    /// as that there is none.
    fn instances() -> Option<Vec<Instance>> {
        let mut all: Option<Vec<Instance>> = None;
        for root in ROOTS {
            let Some(names) = open(&format!(r"{root}\Instance Names\SQL")) else { continue };
            // The value of an instance's name is the key of its settings: MSSQL15.PAYAMGOSTAR2.
            let read = names.enum_values().flatten().filter_map(|(name, _)| {
                let settings = text(&names, &name)?;
                Some(instance(name, &format!(r"{root}\{settings}")))
            });
            all.get_or_insert_default().extend(read);
        }
        all
    }

    fn instance(name: String, settings: &str) -> Instance {
        let below = |path: &str| open(&format!(r"{settings}\MSSQLServer\SuperSocketNetLib\{path}"));
        let (pipes, tcp, all) = (below("Np"), below("Tcp"), below(r"Tcp\IPAll"));
        let on = |value: &str| Some(tcp.as_ref()?.get_value::<u32, _>(value).ok()? != 0);
        // Otherwise each address has ports of its own, and SQL Server Browser tells them.
        let everywhere = on("ListenOnAllIPs") != Some(false);
        let listed = |value: &str| {
            let text = all.as_ref().filter(|_| everywhere).and_then(|key| text(key, value)).unwrap_or_default();
            text.split(',').filter_map(|port| port.trim().parse().ok()).filter(|port| *port > 0).collect::<Vec<u16>>()
        };
        let mut ports = listed("TcpPort");
        ports.extend(listed("TcpDynamicPorts"));
        Instance { name, pipe: pipes.as_ref().and_then(|key| text(key, "PipeName")), tcp: on("Enabled"), ports }
    }

    fn open(path: &str) -> Option<RegKey> {
        RegKey::predef(HKEY_LOCAL_MACHINE).open_subkey(path).ok()
    }

    fn text(key: &RegKey, value: &str) -> Option<String> {
        key.get_value::<String, _>(value).ok().filter(|text| !text.is_empty())
    }
}
