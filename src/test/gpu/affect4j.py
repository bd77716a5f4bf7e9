"""The boundary of affect4j.h through ctypes: a model, a trainer and a batch on one device."""

import ctypes

import numpy

OUTPUTS, LOSS_VALUES = 22, 9
IMAGES, CROPS, VA, EXPRESSION, ACTION_UNITS, LOGITS, INDICES = range(7)
DTYPES = {"fp32": 0, "bf16": 1}
ALL_TASKS = 7


class Affect4j:
    """Loads the library; import torch first, so that both use the same libtorch."""

    def __init__(self, path):
        self._library = ctypes.CDLL(str(path))
        self._library.a4j_last_error.restype = ctypes.c_char_p

    def call(self, function, *arguments):
        if getattr(self._library, function)(*arguments) != 0:
            raise RuntimeError(f"{function}: {self._library.a4j_last_error().decode()}")

    def describe(self):
        text = ctypes.create_string_buffer(1 << 14)
        self.call("a4j_runtime_describe", text, ctypes.c_int64(len(text)))
        return text.value.decode()


class Training:
    """A multi-task model in training, on a batch with images of its own or, with `images` (uint8 [n][size][size][3],
    C order), of a set that is kept on the device."""

    def __init__(self, library, dtype, device, batch, size, class_weights, images=None, seed=1):
        self._library = library
        self._rows = batch
        self._batch, self._model, self._trainer = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        library.call("a4j_model_new", ALL_TASKS, DTYPES[dtype], device, ctypes.c_uint64(seed),
                     ctypes.byref(self._model))
        weights = (ctypes.c_float * 8)(*class_weights)
        f = ctypes.c_float
        library.call("a4j_trainer_new", self._model, weights, f(1), 0, f(0.9), f(0.999), f(1e-8), f(1e-4),
                     ctypes.byref(self._trainer))
        if images is None:
            library.call("a4j_batch_new", batch, size, size, ctypes.byref(self._batch))
        else:
            self._keep(images, batch, size)

    def _keep(self, images, batch, size):
        self._images, self._set = images, ctypes.c_void_p()  # the CPU reads from the array itself
        self._library.call("a4j_images_new", self._model, ctypes.c_int64(len(images)), size, size, batch,
                           ctypes.byref(self._set))
        self._library.call("a4j_images_append", self._set, images.ctypes.data_as(ctypes.c_void_p),
                           ctypes.c_int64(len(images)))
        self._library.call("a4j_batch_new_of", self._set, batch, ctypes.byref(self._batch))

    def buffer(self, which, dtype):
        """A numpy view of one of the batch's buffers, flat."""
        data, size = ctypes.c_void_p(), ctypes.c_int64()
        self._library.call("a4j_batch_buffer", self._batch, which, ctypes.byref(data), ctypes.byref(size))
        raw = (ctypes.c_uint8 * size.value).from_address(data.value)
        return numpy.frombuffer(raw, dtype=dtype)

    def step(self, rate):
        self._library.call("a4j_trainer_step", self._trainer, self._batch, self._rows, ctypes.c_float(rate))

    def losses(self):
        """Waits for the last step; the first of them is the total."""
        values = (ctypes.c_double * LOSS_VALUES)()
        self._library.call("a4j_trainer_read", self._trainer, values)
        return list(values)

    def tensors(self):
        """Names and values of all tensors, in torchvision's shapes."""
        found = {}
        for index, name, shape in self._shapes():
            found[name] = numpy.empty(shape, dtype=numpy.float32)
            self._tensor("a4j_model_tensor_read", index, found[name])
        return found

    def load(self, tensors):
        """Takes all tensors, named and shaped as in tensors()."""
        for index, name, shape in self._shapes():
            self._tensor("a4j_model_tensor_write", index, numpy.ascontiguousarray(tensors[name]).reshape(shape))

    def _tensor(self, function, index, values):
        self._library.call(function, self._model, index, values.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
                           ctypes.c_int64(values.size))

    def _shapes(self):
        """Index, name and shape of each tensor."""
        count = ctypes.c_int32()
        self._library.call("a4j_model_tensor_count", self._model, ctypes.byref(count))
        for index in range(count.value):
            name, shape = ctypes.create_string_buffer(64), (ctypes.c_int64 * 4)()
            rank, trainable = ctypes.c_int32(), ctypes.c_int32()
            self._library.call("a4j_model_tensor_info", self._model, index, name, shape, ctypes.byref(rank),
                               ctypes.byref(trainable))
            yield index, name.value.decode(), list(shape)[:rank.value]
