"""Ready-made recipes: of the textbook, of the tutorial, and of today."""

from dataclasses import dataclass

from cnnlab.training.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRecipe:
    """A recipe, the preset that it was written for, and a sentence about it."""

    title: str
    idea: str
    preset: str
    recipe: Recipe


_MODERN = Recipe(
    dataset="shapes",
    optimizer="nesterov",
    weight_decay=0.0005,
    schedule="one_cycle",
    label_smoothing=0.1,
    epochs=8,
)

RECIPES: dict[str, NamedRecipe] = {
    "d2l_lenet": NamedRecipe(
        title="d2l LeNet",
        idea="The book's LeNet with sigmoids on Fashion-MNIST: plain SGD with a large rate. The book ends at 77.6 %.",
        preset="lenet5_d2l",
        recipe=Recipe(
            dataset="fashion_mnist",
            initialisation="xavier",
            optimizer="sgd",
            learning_rate=0.9,
            batch_size=256,
            epochs=10,
        ),
    ),
    "d2l_resnet": NamedRecipe(
        title="d2l ResNet",
        idea="The course's ResNet-18 on MNIST with Adam; the weights of the best epoch are kept.",
        preset="resnet18_d2l",
        recipe=Recipe(dataset="mnist", optimizer="adam", learning_rate=0.001, batch_size=128, epochs=2),
    ),
    "tutorial_sgd": NamedRecipe(
        title="Tutorial SGD",
        idea="PyTorch's first tutorial: plain SGD with a rate of 0.01. It learns slowly.",
        preset="lenet5_tutorial",
        recipe=Recipe(optimizer="sgd", learning_rate=0.01, epochs=10),
    ),
    "tutorial_adam": NamedRecipe(
        title="Tutorial Adam",
        idea="The same network on all of MNIST, with an adaptive step size for each weight: 99 % in five epochs.",
        preset="lenet5_tutorial",
        recipe=Recipe(dataset="mnist", optimizer="adam", learning_rate=0.001, batch_size=64, epochs=5),
    ),
    "modern": NamedRecipe(
        title="Modern",
        idea="One cycle of the learning rate, label smoothing and augmentation: common practice today.",
        preset="resnet20_cifar",
        recipe=_MODERN.replace(learning_rate=0.2, batch_size=128, crop_padding=4, flip=True),
    ),
    "fast": NamedRecipe(
        title="Fast",
        idea="The same in bfloat16 with large batches, and as a CUDA graph on a GPU.",
        preset="resnet20_cifar",
        recipe=_MODERN.replace(learning_rate=0.4, batch_size=256, precision="bfloat16", cuda_graph=True),
    ),
}
