//! Answers to questions about what is known in part only.

/// Three-valued truth after Kleene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// Certainly not.
    No,
    /// It depends on something that is not known.
    Maybe,
    /// Certainly.
    Yes,
}

impl Truth {
    /// Whether all hold: no if one does not. What stands behind that one is not asked.
    ///
    /// ```
    /// use stackpass_ground::truth::Truth;
    ///
    /// assert_eq!(Truth::all([Truth::Yes, Truth::Maybe]), Truth::Maybe);
    /// assert_eq!(Truth::all([Truth::Maybe, Truth::No]), Truth::No);
    /// assert_eq!(Truth::all([]), Truth::Yes);
    /// ```
    pub fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
        let mut least = Truth::Yes;
        for truth in truths {
            least = least.and(truth);
            if least == Truth::No {
                break;
            }
        }
        least
    }

    /// Whether at least one holds: yes if one does. What stands behind that one is not asked.
    pub fn any(truths: impl IntoIterator<Item = Truth>) -> Truth {
        Truth::all(truths.into_iter().map(Truth::negate)).negate()
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        self.min(other)
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Truth) -> Truth {
        self.max(other)
    }

    /// The contrary.
    #[must_use]
    pub fn negate(self) -> Truth {
        match self {
            Truth::No => Truth::Yes,
            Truth::Maybe => Truth::Maybe,
            Truth::Yes => Truth::No,
        }
    }

    /// Holds, or may hold.
    pub fn possible(self) -> bool {
        self != Truth::No
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::Yes } else { Truth::No }
    }
}

impl From<Option<bool>> for Truth {
    /// Takes what could not be told for something that is not known.
    fn from(value: Option<bool>) -> Truth {
        value.map_or(Truth::Maybe, Truth::from)
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, Maybe, No, Yes};

    #[test]
    fn tables() {
        for (left, right, and, or) in [
            (No, No, No, No),
            (No, Maybe, No, Maybe),
            (No, Yes, No, Yes),
            (Maybe, Maybe, Maybe, Maybe),
            (Maybe, Yes, Maybe, Yes),
            (Yes, Yes, Yes, Yes),
        ] {
            for (left, right) in [(left, right), (right, left)] {
                assert_eq!(left.and(right), and, "{left:?} and {right:?}");
                assert_eq!(left.or(right), or, "{left:?} or {right:?}");
                assert_eq!(Truth::all([left, right]), and, "all of {left:?}, {right:?}");
                assert_eq!(Truth::any([left, right]), or, "any of {left:?}, {right:?}");
            }
        }
        assert_eq!([No, Maybe, Yes].map(Truth::negate), [Yes, Maybe, No]);
        assert_eq!([No, Maybe, Yes].map(Truth::possible), [false, true, true]);
        assert_eq!([Some(false), None, Some(true)].map(Truth::from), [No, Maybe, Yes]);
        assert_eq!((Truth::all([]), Truth::any([])), (Yes, No), "none of them");
    }

    #[test]
    fn nothing_is_asked_behind_the_one_that_decides() {
        let unasked = || std::iter::once_with(|| panic!("this one decides nothing"));
        assert_eq!(Truth::all([Maybe, No].into_iter().chain(unasked())), No);
        assert_eq!(Truth::any([Maybe, Yes].into_iter().chain(unasked())), Yes);
    }
}
