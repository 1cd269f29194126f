-- Sales of a day that sold out are a lower bound of its demand; those of a stocked day
-- are its demand; an empty day demands nothing negative, or it is not known.

select
    location_id,
    product_id,
    bucket_date,
    sold_units,
    unconstrained_units
from {{ ref('int_demand_unconstrained') }}
where
    (unconstrained_units is null and not is_empty)
    or (is_sold_out and unconstrained_units < sold_units - 1e-9)
    or (not is_sold_out and not is_empty and unconstrained_units <> sold_units)
    or (is_empty and unconstrained_units < least(sold_units, 0))
