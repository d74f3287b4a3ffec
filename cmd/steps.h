// What a worker does after each step of a refresh (flows::Step): nothing. The tests build a worker that dies
// there.
#pragma once

#include <functional>

#include "flows/vault.h"

namespace gatehouse::cmd {

std::function<void(flows::Step)> after_steps();

}  // namespace gatehouse::cmd
