"""One stack on a ROS domain: a lock that the kernel releases however its holder ends."""

import os
import socket
import struct

from dexgen.arguments import ArgumentError


def domain_id() -> int:
    """ROS_DOMAIN_ID of the environment, 0 where it is not set.

    Raises:
      ArgumentError: it is not a whole number from 0 to 232.
    """
    text = os.environ.get('ROS_DOMAIN_ID', '') or '0'
    if not text.isdecimal() or int(text) > 232:
        raise ArgumentError(f'ROS_DOMAIN_ID is {text!r}; allowed: 0 to 232')
    return int(text)


class DomainLock:
    """Held by the one stack of a domain on this machine.

    The lock is a name in Linux's abstract socket namespace. That namespace belongs to the network
    namespace, as the loopback device does: two stacks that cannot hear each other do not lock each
    other out, and nothing is left behind by a killed holder.
    """

    def __init__(self, domain: int):
        self.domain = domain
        self._address = f'\0dexgen/domain/{domain}'
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def acquire(self) -> None:
        """Take the lock.

        Raises:
          ArgumentError: another stack holds it; says which process, and the remedy.
        """
        try:
            self._socket.bind(self._address)
        except OSError:
            holder = self._holder()
            raise ArgumentError(
                f'a stack is already running on ROS domain {self.domain}'
                f'{f" (process {holder})" if holder else ""}; end it, or choose another domain: '
                f'ROS_DOMAIN_ID={(self.domain + 1) % 102}'
            ) from None
        self._socket.listen(1)

    def release(self) -> None:
        """Give the lock back."""
        self._socket.close()

    def _holder(self) -> int:
        """Process id of the holder, 0 when it cannot be seen."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(0.5)
            try:
                asking.connect(self._address)
                form = struct.Struct('3i')
                peer = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size)
                return form.unpack(peer)[0]
            except OSError:
                return 0
