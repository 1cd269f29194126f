-- What a buyer reads line by line is the order: units, value, and what was added, which
-- brings a filled order to what its vendor asks for.

with

lines as (

    select
        vendor_id,
        location_id,
        sum(recommended_units) as recommended_units,
        sum(added_units) as added_units,
        sum(added_value) as added_value,
        sum(added_holding_cost) as fill_cost
    from {{ ref('fct_purchase_proposal_lines') }}
    group by vendor_id, location_id

),

proposals as (

    select * from {{ ref('fct_purchase_proposals') }}

),

vendor_terms as (

    select * from {{ ref('vendor_terms') }}

)

select
    proposals.vendor_id,
    proposals.location_id,
    proposals.decision,
    proposals.proposal_value,
    lines.recommended_units,
    lines.added_units
from proposals
left join lines
    on
        proposals.vendor_id = lines.vendor_id
        and proposals.location_id = lines.location_id
left join vendor_terms
    on proposals.vendor_id = vendor_terms.vendor_id
where
    lines.vendor_id is null
    or abs(lines.recommended_units - proposals.order_units) > 1e-6
    or abs(lines.added_units - proposals.added_units) > 1e-6
    or abs(proposals.order_value + lines.added_value - proposals.proposal_value) > 1e-6
    or (proposals.decision in ('release', 'hold') and lines.added_units > 0)
    or (
        proposals.decision in ('fill_minimum', 'fill_free_freight')
        and (
            proposals.proposal_value < proposals.vendor_min_order_value * (1 - 1e-6)
            or lines.added_units <= 0
        )
    )
    or (
        proposals.decision = 'fill_minimum'
        -- A filled order may come free of the freight that it would pay later.
        and lines.fill_cost
        > proposals.waiting_cost
        + case
            when proposals.proposal_value >= vendor_terms.free_freight_value
                then coalesce(vendor_terms.freight_per_order, 0)
            else 0
        end
        + 1e-6
    )
