"""Reads each certificate on its input, a line of hexadecimal, with the OpenSSL of psycopg's wheel."""
import ctypes
import pathlib
import sys

import psycopg

libraries = pathlib.Path(psycopg.__file__).parent.parent / "psycopg_binary.libs"
crypto = ctypes.CDLL(str(next(libraries.glob("libcrypto-*"))))
crypto.OpenSSL_version.restype = ctypes.c_char_p
crypto.d2i_X509.restype = ctypes.c_void_p
crypto.d2i_X509.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p), ctypes.c_long]
print(crypto.OpenSSL_version(0).decode())
for line in sys.stdin:
    der = bytes.fromhex(line)
    read = crypto.d2i_X509(None, ctypes.byref(ctypes.c_char_p(der)), len(der))
    print("read" if read else "refused")
