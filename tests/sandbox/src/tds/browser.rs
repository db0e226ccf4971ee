//! SQL Server Browser: which instance listens on which port. Source: MC-SQLR.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::UdpSocket;

/// One instance, as the Browser names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// `PAYAMGOSTAR2`
    pub name: String,
    /// TCP port.
    pub port: u16,
    /// `15.0.4261.1`
    pub version: String,
    /// The machine.
    pub machine: String,
}

const CLNT_BCAST_EX: u8 = 0x02;
const CLNT_UCAST_EX: u8 = 0x03;
const CLNT_UCAST_INST: u8 = 0x04;
const SVR_RESP: u8 = 0x05;

impl Instance {
    fn describe(&self) -> String {
        format!(
            "ServerName;{};InstanceName;{};IsClustered;No;Version;{};tcp;{};;",
            self.machine, self.name, self.version, self.port
        )
    }
}

/// The answer to a request; `None` is silence, as for an instance that is not there.
pub fn answer(request: &[u8], instances: &[Instance]) -> Option<Vec<u8>> {
    let text = match request {
        [CLNT_BCAST_EX | CLNT_UCAST_EX] => instances.iter().map(Instance::describe).collect::<String>(),
        [CLNT_UCAST_INST, name @ ..] => {
            let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
            let name = String::from_utf8_lossy(name);
            instances.iter().find(|instance| instance.name.eq_ignore_ascii_case(&name))?.describe()
        }
        _ => return None,
    };
    let mut bytes = vec![SVR_RESP];
    bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    Some(bytes)
}

/// Answers on a loopback socket for ever.
pub async fn serve(socket: UdpSocket, instances: Arc<Vec<Instance>>) -> io::Result<()> {
    let mut request = [0u8; 1024];
    loop {
        let (length, from): (usize, SocketAddr) = socket.recv_from(&mut request).await?;
        if let Some(bytes) = answer(&request[..length], &instances) {
            socket.send_to(&bytes, from).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_found_by_name_without_case() {
        let instances = [Instance {
            name: "PAYAMGOSTAR2".into(),
            port: 49152,
            version: "15.0.4261.1".into(),
            machine: "HOST".into(),
        }];
        let found = answer(b"\x04payamgostar2\0", &instances).unwrap();
        assert_eq!(found[0], SVR_RESP);
        assert_eq!(usize::from(u16::from_le_bytes([found[1], found[2]])), found.len() - 3);
        assert!(String::from_utf8_lossy(&found).contains(";tcp;49152;;"));
        assert_eq!(answer(b"\x04other\0", &instances), None);
        assert_eq!(answer(b"\x03", &instances), Some(found));
    }
}
