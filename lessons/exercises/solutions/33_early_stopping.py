"""Exercise 33: early stopping

    epoch                1     2     3     4     5     6     7
    validation loss   0.60  0.53  0.51  0.51   nan  0.52  0.50

With patience 3 this run ends at epoch 6, and the network of epoch 3 is put back: epochs 4, 5 and 6 brought
no smaller loss.  An equal loss is not smaller, nor is nan, "not a number".  At epoch 6 nobody knows epoch 7
yet.  A run that is not stopped ends with its last epoch.  Write both epochs, counted from 1.

After lesson 07.  This is meant to fail first.  To check it: python -m lessons check 33
"""
import numpy as np


def early_stopping(losses, patience):
    """The best epoch (0 if there is none), and the epoch at which the run ends; losses (E,)."""
    # Yours: find the best epoch, and the one that ends the run
    best, best_epoch = np.inf, 0
    for epoch, loss in enumerate(losses, start=1):
        if loss < best:                                         # false for a tie, and for nan
            best, best_epoch = loss, epoch
        if epoch - best_epoch >= patience:
            break
    return best_epoch, epoch


# Hint 1.  Go from epoch to epoch as the training does, and keep two numbers: the smallest loss so far, and
#   its epoch.  How many epochs without a better one have gone by?
# Hint 2.  Every comparison with nan is false: nan < 0.5, nan > 0.5 and nan == nan.  So ask in such a way that
#   the answer "false" is the right one.  argmin and min know neither the stop nor what to do with nan.
# Why.  The best epoch is known only afterwards: patience is the price.  What counts is the best so far, not
#   the epoch before: a loss that rises by much and then falls by little would pass for progress.  nan is
#   neither smaller nor larger than any number, and of a network that gives nan one wants no copy.
# In minidl: EarlyStopping, in minidl/train.py, which keeps the network too; at a nan it stops with an error.

# Slip tie-counts, if an equal loss passes for a smaller one:
#   loss < best => loss <= best
# Slip nan-is-best, if nan passes for a smaller loss, and after it every loss does:
#   loss < best => not loss >= best
# Slip nan-is-best, if nan and ties pass for smaller losses, and after nan every loss does:
#   loss < best => not loss > best
# Slip nan-is-best, if nan passes for the smallest loss, and no later one is smaller:
#   loss < best => loss < best or (np.isnan(loss) and not np.isnan(best))
# Slip nan-ends-the-run, if the run ends at the first nan:
#   epoch - best_epoch >= patience => epoch - best_epoch >= patience or np.isnan(loss)
# Slip nan-not-counted, if an epoch with nan takes no part: it does not use up patience:
#   epoch - best_epoch >= patience => epoch - best_epoch - sum(np.isnan(losses[best_epoch:epoch])) >= patience
# Slip not-in-a-row, if all epochs without a better one are counted, not those since the best:
#   np.inf, 0 => np.inf, 0; bad = 0
#   epoch - best_epoch >= patience => (bad := bad + (epoch > best_epoch)) >= patience
# Slip last-for-best, if each loss is compared with that of the epoch before, not with the best:
#   loss < best => loss < (losses[epoch - 2] if epoch > 1 else np.inf)
# Slip count-off, if the run goes on for one epoch more than the patience allows:
#   >= patience => > patience
# Slip count-off, if the run stops one epoch too early:
#   >= patience => >= patience - 1
# Slip from-0, if the epochs are counted from 0:
#   return best_epoch, epoch => return best_epoch - 1, epoch - 1
# Slip best-from-0, if the best epoch is counted from 0, and the other from 1:
#   return best_epoch, epoch => return best_epoch - 1, epoch
# Slip looks-ahead, if the best epoch is that of the whole list, with those that come after the stop:
#   return best_epoch, epoch => return np.nanargmin(losses) + 1, epoch
# Slip looks-ahead, if argmin seeks the best of all epochs at once: to it, nan is the least:
#   return best_epoch, epoch => b = np.argmin(losses) + 1; return b, min(b + patience, len(losses))
# Slip looks-ahead, if the best epoch of the whole list is sought first, and the stop is put after it:
#   return best_epoch, epoch => b = np.nanargmin(losses) + 1; return b, min(b + patience, len(losses))
# Slip no-patience, if the run stops at the first epoch that is not better:
#   >= patience => >= 1
# Slip no-end, if the stop is as late as the patience would have it, though the list ends before:
#   return best_epoch, epoch => return best_epoch, best_epoch + patience
# Slip never-stops, if the run always goes on to the end of the list:
#   break => pass
# Slip loss-for-epoch, if the best loss is returned, not its epoch:
#   return best_epoch, epoch => return best, epoch
# Slip order, if the end of the run comes first, and then the best epoch:
#   return best_epoch, epoch => return epoch, best_epoch
