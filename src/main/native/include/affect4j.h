/* affect4j native boundary: plain C, no libtorch type crosses it.
 *
 * Conventions
 *  - Handles are opaque. For each <noun>_new there is one <noun>_free, which accepts NULL.
 *    Nothing changes owner: a buffer that a handle lends lives until that handle is freed.
 *  - Functions return an a4j_status. Values come by out-parameter, untouched on failure.
 *    After a failure a4j_last_error() holds one sentence, for this thread.
 *  - A handle is used by one thread at a time; different handles are independent.
 *  - Labels follow s-Aff-Wild2: valence/arousal in [-1,1] or -5; expression 0..7 or -1;
 *    action unit 0/1 or -1. Negative markers mean "not labelled" and are masked per task.
 *  - A row of logits has A4J_OUTPUTS columns: valence, arousal (before tanh), 8 expressions,
 *    12 action units (before the sigmoid). Columns of absent heads are NaN.
 */
#ifndef AFFECT4J_H
#define AFFECT4J_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define A4J_API __attribute__((visibility("default")))
#define A4J_OUTPUTS 22
#define A4J_EXPRESSIONS 8
#define A4J_ACTION_UNITS 12

typedef enum a4j_status {
  A4J_OK = 0,
  A4J_INVALID_ARGUMENT = 1, /* the caller passed something outside the documented range */
  A4J_OUT_OF_MEMORY = 2,
  A4J_UNSUPPORTED = 3, /* this build or machine cannot do it (device, dtype) */
  A4J_INTERNAL = 4,    /* libtorch or we failed: a defect */
  A4J_PEER_LOST = 5    /* another rank ended, or did not take part in time; the sentence names it */
} a4j_status;

/* Bits of a task mask. */
enum { A4J_TASK_VA = 1, A4J_TASK_EXPR = 2, A4J_TASK_AU = 4 };

/* Storage of activations and of their gradients. Weights, arithmetic, batch-norm statistics, losses and
 * optimizer state are fp32 in both. */
enum { A4J_FP32 = 0, A4J_BF16 = 1 };

/* Kinds of per-parameter tensors a trainer holds. */
enum { A4J_GRADIENT = 0, A4J_ADAM_M = 1, A4J_ADAM_V = 2 };

/* What computes a step's gradients: the explicit step with batch norm inside its convolutions, or libtorch's
 * autograd, slower, which the former is tested against. */
enum { A4J_ENGINE_FUSED = 0, A4J_ENGINE_AUTOGRAD = 1 };

/* Buffers of a batch; shapes are row-major, n = capacity. */
enum {
  A4J_BATCH_IMAGES = 0,       /* uint8  [n][height][width][3], RGB; absent where the images are in a set */
  A4J_BATCH_CROPS = 1,        /* float  [n][5]: top, left, height, width (pixels), flip (0 or 1) */
  A4J_BATCH_VA = 2,           /* float  [n][2]: valence, arousal */
  A4J_BATCH_EXPRESSION = 3,   /* int8   [n] */
  A4J_BATCH_ACTION_UNITS = 4, /* int8   [n][12] */
  A4J_BATCH_LOGITS = 5,       /* float  [n][A4J_OUTPUTS], written by a4j_model_predict */
  A4J_BATCH_INDICES = 6       /* int64  [n], of images in the set; only where they are in one */
};

/* Indices of the values a4j_trainer_read and a4j_loss report. */
enum {
  A4J_LOSS_TOTAL = 0,
  A4J_LOSS_VA = 1,          /* L3 = (1 - CCC_V) + (1 - CCC_A); 0 without a valid row */
  A4J_LOSS_EXPR = 2,        /* L1, weighted cross-entropy */
  A4J_LOSS_AU = 3,          /* L2, focal loss, mean over valid action units */
  A4J_VALID_VA = 4,         /* rows with a label of the task */
  A4J_VALID_EXPR = 5,       /* rows */
  A4J_VALID_AU = 6,         /* labelled action units, at most 12 a row */
  A4J_CORRECT_EXPR = 7,     /* rows whose arg max is the label */
  A4J_CORRECT_AU = 8,       /* labelled action units predicted right at logit > 0 */
  A4J_LOSS_VALUES = 9
};

typedef struct a4j_model a4j_model;
typedef struct a4j_trainer a4j_trainer;
typedef struct a4j_batch a4j_batch;
typedef struct a4j_images a4j_images;
typedef struct a4j_communicator a4j_communicator;

/* One sentence on the last failure in this thread; empty if there was none. Never NULL. */
A4J_API const char* a4j_last_error(void);

/* Writes a JSON object about libtorch, oneDNN, the CPU path in use, threads and GPUs, NUL-terminated. cuda holds
 * the toolkit of this build (empty: none), the names of the devices that can be used, and, where there is none,
 * the obstacle: why. */
A4J_API a4j_status a4j_runtime_describe(char* json, int64_t capacity);

/* OpenMP threads of all native work, 1..1024, started now; A4J_UNSUPPORTED if they cannot be. Results do not differ. */
A4J_API a4j_status a4j_threads_set(int32_t threads);

/* ---- batch ------------------------------------------------------------------------------- */

/* Page-aligned host buffers for up to `capacity` (1..65535) images of height x width (32..1024 each). */
A4J_API a4j_status a4j_batch_new(int32_t capacity, int32_t height, int32_t width, a4j_batch** out);
A4J_API void a4j_batch_free(a4j_batch* batch);

/* The same without images of its own: rows name images of a set by index. Borrows the set, which must outlive the
 * batch. A model on another device than the set refuses the batch, and any refuses an index that has no image. */
A4J_API a4j_status a4j_batch_new_of(const a4j_images* images, int32_t capacity, a4j_batch** out);

/* Lends one of the A4J_BATCH_* buffers and its size in bytes. */
A4J_API a4j_status a4j_batch_buffer(a4j_batch* batch, int32_t which, void** data, int64_t* bytes);

/* ---- model: ResNet-50 and linear heads ---------------------------------------------------- */

/* Heads as a task mask; weights initialised as torchvision's resnet50(weights=None) is (Kaiming
 * normal, fan out), heads as torch.nn.Linear, from `seed` alone. device: -1 CPU, n >= 0 cuda:n;
 * A4J_UNSUPPORTED, with the reason, if this build or machine has no such GPU. */
A4J_API a4j_status a4j_model_new(int32_t tasks, int32_t dtype, int32_t device, uint64_t seed,
                                 a4j_model** out);
A4J_API void a4j_model_free(a4j_model* model);

/* Named tensors: torchvision's ResNet-50 names without fc, then fc_va, fc_expr, fc_au. */
A4J_API a4j_status a4j_model_tensor_count(const a4j_model* model, int32_t* count);

/* name: buffer of at least 64 chars. shape: 4 entries, unused ones are 1. trainable: 0 for
 * running_mean and running_var. */
A4J_API a4j_status a4j_model_tensor_info(const a4j_model* model, int32_t index, char* name,
                                         int64_t* shape, int32_t* rank, int32_t* trainable);

/* Copies a tensor in torchvision's layout (OIHW) out of, or into, the fp32 master. `count` must
 * equal its number of elements; write refuses non-finite values, and running variances below 0. */
A4J_API a4j_status a4j_model_tensor_read(const a4j_model* model, int32_t index, float* data,
                                         int64_t count);
A4J_API a4j_status a4j_model_tensor_write(a4j_model* model, int32_t index, const float* data,
                                          int64_t count);

/* Inference with running statistics on the first `rows` images of the batch, cropped as its crops
 * say; fills A4J_BATCH_LOGITS. rows: 1..capacity. */
A4J_API a4j_status a4j_model_predict(a4j_model* model, a4j_batch* batch, int32_t rows);

/* ---- a data set's decoded images, kept where the model computes ------------------------------ */

/* A set of up to `capacity` (1..2^30) images of height x width (32..1024 each) on the model's device, for any model
 * there. On a GPU it takes their memory at once; A4J_OUT_OF_MEMORY, with the sizes, unless training steps of `batch`
 * (>= 1) images of this model fit beside it. */
A4J_API a4j_status a4j_images_new(const a4j_model* model, int64_t capacity, int32_t height, int32_t width,
                                  int32_t batch, a4j_images** out);
A4J_API void a4j_images_free(a4j_images* images);

/* The next `count` (>= 0) images, uint8 [count][height][width][3], RGB; indices count from 0 in the order of all
 * calls. On the CPU they are borrowed, unchanged until the set is freed; to a GPU they are copied, on return. */
A4J_API a4j_status a4j_images_append(a4j_images* images, const uint8_t* pixels, int64_t count);

/* ---- images from JPEG files, decoded as Pillow and torchvision decode them -------------------- */

/* Pixels that the header of a JPEG file of `bytes` (>= 1) bytes says it has, 1..65500 a side. A4J_INVALID_ARGUMENT,
 * with the reason, if it is no JPEG, its header is damaged, or it is neither grey nor of three channels. */
A4J_API a4j_status a4j_jpeg_size(const uint8_t* file, int64_t bytes, int32_t* height, int32_t* width);

/* Decodes a file of exactly height x width (32..1024 each) to uint8 [height][width][3], RGB; grey is repeated.
 * A4J_INVALID_ARGUMENT, with the reason, if it is of another size, truncated or damaged, even where libjpeg would only
 * warn, or has more scans than an encoder makes; the pixels are then undefined. Takes at most about a second. */
A4J_API a4j_status a4j_jpeg_decode(const uint8_t* file, int64_t bytes, int32_t height, int32_t width,
                                   uint8_t* pixels);

/* ---- trainer: losses, backward, Adam ------------------------------------------------------ */

/* Borrows the model, which must outlive it. class_weights: 8 positive w_y (paper, section 2).
 * weighted_mean: 0 divides L1 by the number of valid rows (the paper), 1 by the sum of their
 * weights (PyTorch). Adam as torch.optim.Adam: weight_decay is L2, added to the gradient. */
A4J_API a4j_status a4j_trainer_new(a4j_model* model, const float* class_weights, float focal_gamma,
                                   int32_t weighted_mean, float beta1, float beta2, float epsilon,
                                   float weight_decay, a4j_trainer** out);
A4J_API void a4j_trainer_free(a4j_trainer* trainer);

/* Forward, losses, backward and one Adam update over the first `rows` rows (2..capacity; see also
 * a4j_trainer_join).
 * Does not wait for a device. */
A4J_API a4j_status a4j_trainer_step(a4j_trainer* trainer, a4j_batch* batch, int32_t rows,
                                    float learning_rate);

/* Waits for the last step and copies its A4J_LOSS_VALUES values. */
A4J_API a4j_status a4j_trainer_read(a4j_trainer* trainer, double* values);

/* The A4J_ENGINE_* of the following steps, before the trainer joins other ranks. Without this call it is autograd if
 * the environment has AFFECT4J_ENGINE=autograd, else the fused one. A4J_UNSUPPORTED on a GPU, which has one only. */
A4J_API a4j_status a4j_trainer_engine_set(a4j_trainer* trainer, int32_t engine);

/* Profiling of the following steps on (1) or off (0). A4J_UNSUPPORTED on a GPU, where a step is one graph. */
A4J_API a4j_status a4j_trainer_profile_set(a4j_trainer* trainer, int32_t on);

/* Writes the last step's profile, NUL-terminated: a JSON array, in the order of the step, of objects with
 * layer, operation, seconds, flops (a multiply-add counted as two) and bytes (activations read and
 * written, each once). */
A4J_API a4j_status a4j_trainer_profile_read(a4j_trainer* trainer, char* json, int64_t capacity);

/* Adam's step count, which its bias correction needs after a resume. */
A4J_API a4j_status a4j_trainer_steps_read(const a4j_trainer* trainer, int64_t* steps);
A4J_API a4j_status a4j_trainer_steps_write(a4j_trainer* trainer, int64_t steps);

/* A4J_GRADIENT, A4J_ADAM_M or A4J_ADAM_V of the trainable tensor `index`, in OIHW layout. Write refuses non-finite
 * values, and A4J_ADAM_V below 0. */
A4J_API a4j_status a4j_trainer_tensor_read(const a4j_trainer* trainer, int32_t kind, int32_t index,
                                           float* data, int64_t count);
A4J_API a4j_status a4j_trainer_tensor_write(a4j_trainer* trainer, int32_t kind, int32_t index,
                                            const float* data, int64_t count);

/* ---- several processes ("ranks") that train one model together ----------------------------- */

/* Joins `world` (>= 2) ranks through the key-value store at host:port: rank 0 opens it, unless external_store
 * says that the launcher has (torchrun's agent). attempt: tells the ranks of a restart from those before. Returns
 * when all ranks are there. All ranks call the functions on a communicator, and the steps of a trainer that has
 * joined it, in the same order. A rank that does not take part within timeout_seconds, or ends, is A4J_PEER_LOST on
 * the others, and the communicator is of no use any more. Ranks with different world sizes, or with the same rank,
 * are A4J_INVALID_ARGUMENT on all. */
A4J_API a4j_status a4j_communicator_new(const char* host, int32_t port, int32_t external_store, const char* attempt,
                                        int32_t rank, int32_t world, int32_t timeout_seconds, a4j_communicator** out);
A4J_API void a4j_communicator_free(a4j_communicator* communicator);

/* A4J_INVALID_ARGUMENT on all ranks, naming the first that differs, unless all have the same value of `what`, a
 * noun that is asked about once. */
A4J_API a4j_status a4j_communicator_require_same(a4j_communicator* communicator, const char* what, const char* value);

/* Rank 0's `bytes` bytes to all ranks. */
A4J_API a4j_status a4j_communicator_broadcast(a4j_communicator* communicator, void* data, int64_t bytes);

/* Sums `count` floats over all ranks, in place, to the same bits on each. */
A4J_API a4j_status a4j_communicator_sum(a4j_communicator* communicator, float* values, int64_t count);

/* Borrows the communicator, which must outlive the trainer. From now on a batch is what all ranks' rows make
 * together: losses, gradients and the values of a4j_trainer_read are those of the whole batch, and all ranks make
 * the same update. sync_norm: 1 takes batch norm's statistics over the whole batch too (a rank may then have one
 * row); 0 over each rank's own rows. GPUs, one a rank, sum by NCCL, or are
 * A4J_UNSUPPORTED. Rank 0's weights, running statistics, Adam state and step count go to all. */
A4J_API a4j_status a4j_trainer_join(a4j_trainer* trainer, a4j_communicator* communicator, int32_t sync_norm);

/* Rank 0's running statistics to all ranks. */
A4J_API a4j_status a4j_trainer_share_statistics(a4j_trainer* trainer);

/* Sets whether this rank wishes to stop, which travels with its next step, and tells how many ranks wished so in the
 * last one: the same number on all. */
A4J_API a4j_status a4j_trainer_stop_wish(a4j_trainer* trainer, int32_t wish, int32_t* wishes);

/* ---- doors for tests and benchmarks, on host pointers -------------------------------------- */

/* The fused multi-task loss of `rows` (>= 0) rows: values [A4J_LOSS_VALUES], gradient [rows][22]. */
A4J_API a4j_status a4j_loss(int32_t tasks, int32_t rows, const float* logits, const float* va,
                            const int8_t* expression, const int8_t* action_units,
                            const float* class_weights, float focal_gamma, int32_t weighted_mean,
                            double* values, float* gradient);

/* Crop, bilinear resize to height x width, flip, ImageNet normalisation: out float [rows][height]
 * [width][3]. Sampling as torchvision's resized_crop with antialias on an enlarging crop. */
A4J_API a4j_status a4j_augment(int32_t rows, int32_t height, int32_t width, const uint8_t* images,
                               const float* crops, float* out);

/* What a convolution of the training step does in one pass, in fp32: y = conv(relu(scale x + shift)) with padding
 * kernel / 2, and the mean and population variance of each of y's channels. x [images][height][width][in], weights
 * [out][kernel][kernel][in], y [images][(height - 1) / stride + 1][(width - 1) / stride + 1][out]; scale, shift [in];
 * mean, variance [out]. kernel 1 or 3, stride 1 or 2, sizes 1..1024, channels 1..4096. Its scratch memory stays with
 * the calling thread. */
A4J_API a4j_status a4j_norm_relu_conv(int32_t images, int32_t height, int32_t width, int32_t in, int32_t out,
                                      int32_t kernel, int32_t stride, const float* x, const float* scale,
                                      const float* shift, const float* weights, float* y, double* mean,
                                      double* variance);

/* One Adam update, the `step`-th (from 1), of `count` (>= 0) floats in four buffers of that size;
 * options as in a4j_trainer_new. */
A4J_API a4j_status a4j_adam(int64_t count, int64_t step, float learning_rate, float beta1, float beta2, float epsilon,
                            float weight_decay, const float* gradient, float* m, float* v, float* weights);

/* ---- what the machine can do, measured now within seconds; device as for a4j_model_new ---------- */

/* Best FLOP/s of libtorch's matrix product of the dtype, a multiply-add counted as two: of 2048 x 2048
 * matrices with the threads in force on the CPU, of 8192 x 8192 ones on a GPU. */
A4J_API a4j_status a4j_peak_gemm(int32_t device, int32_t dtype, double* flops);

/* Best bytes/s over buffers of 256 MiB, each read and each write of an element counted once: of STREAM's triad
 * a = b + s c (which also fetches what it overwrites, uncounted), or, on the CPU, of the update in place of a
 * and c by b. */
A4J_API a4j_status a4j_peak_bandwidth(int32_t device, double* bytes);

#ifdef __cplusplus
}
#endif
#endif
