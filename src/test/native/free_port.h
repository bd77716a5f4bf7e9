// A port of this machine that nothing listens on, where ranks of a test meet; 0, which they refuse, if none is left.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace a4j_test {

inline int port_of(int handle) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

inline int free_port() {
  int handle = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof address);
  int port = port_of(handle);
  close(handle);
  return port;
}

}  // namespace a4j_test
