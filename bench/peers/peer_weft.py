"""weft itself, through its shared library: build/libweft.so on a .weft file."""
import ctypes
import os
import subprocess

import network

REQUIREMENTS = []
PRECISIONS = ("codes",)
LIBRARY = os.path.join(network.BUILD, "libweft.so")


class Options(ctypes.Structure):
    """weft_session_options, with room for what later versions add; the library writes its size into the first field."""
    _fields_ = [("size", ctypes.c_size_t), ("isa", ctypes.c_char_p), ("threads", ctypes.c_int),
                ("allocator", ctypes.c_void_p), ("more", ctypes.c_byte * 256)]


class Error(ctypes.Structure):
    _fields_ = [("text", ctypes.c_char * 4096)]


class Info(ctypes.Structure):
    _fields_ = [("isa", ctypes.c_char_p), ("threads", ctypes.c_int), ("arena", ctypes.c_size_t),
                ("packed", ctypes.c_size_t)]


def prepare(net, precision):
    # Always anew: the zoo's bits may have changed with the build.
    subprocess.run([os.path.join(network.BUILD, "bin", "zoo_save"), net.name, net.weft], check=True)
    return net.weft


def version():
    library = ctypes.CDLL(LIBRARY)
    library.weft_version.restype = ctypes.c_char_p
    return library.weft_version().decode()


class Runner:
    def __init__(self, artifact, threads):
        import numpy
        library = ctypes.CDLL(LIBRARY)
        error, options, info = Error(), Options(), Info()
        self.model, self.session = ctypes.c_void_p(), ctypes.c_void_p()
        if library.weft_model_load(artifact.encode(), None, ctypes.byref(self.model), ctypes.byref(error)):
            raise SystemExit(error.text.decode())
        library.weft_session_options_default(ctypes.byref(options))
        options.threads = threads
        if library.weft_session_create(self.model, ctypes.byref(options), ctypes.byref(self.session),
                                       ctypes.byref(error)):
            raise SystemExit(error.text.decode())
        library.weft_session_describe(self.session, ctypes.byref(info))
        self.note = f"{info.isa.decode()}, {info.threads} thread{'s' * (info.threads > 1)}"
        self.input = numpy.ascontiguousarray(network.sample(network.shape_of(artifact), 1))
        self.output = numpy.zeros(1 << 16, numpy.float32)
        self.run_session = library.weft_session_run
        self.arguments = (self.session, self.input.ctypes.data_as(ctypes.c_void_p),
                          self.output.ctypes.data_as(ctypes.c_void_p))

    def run(self):
        if self.run_session(*self.arguments):
            raise SystemExit("weft_session_run failed")
