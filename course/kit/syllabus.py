"""Which lesson builds which module. The order is the order of the course."""

MODULE_OF_LESSON = {
    "01_volumes": "geometry",
    "02_convolution": "convolution",
    "03_backprop": "gradients",
    "04_im2col": "im2col",
    "05_pooling": "pooling",
    "06_convnet": "network",
    "07_training": "training",
    "08_seeing": "inspection",
    "09_architectures": "architectures",
    "10_transfer": "transfer",
    "11_faster": "fast",
}
LESSON_OF_MODULE = {module: lesson for lesson, module in MODULE_OF_LESSON.items()}
